/* SPDX-License-Identifier: Apache-2.0 */
#include "syscalls/decoding.h"
void hog_decode_in(struct hog_decoding *dec, uint64_t value, unsigned param)
{
	hog_decode_ptr(dec, value, param);
}
void hog_decode_out(struct hog_decoding *dec, uint64_t value, unsigned param)
{
	hog_decode_ptr(dec, value, param);
}
void hog_decode_cstr_out(struct hog_decoding *dec, uint64_t value,
			 unsigned param)
{
	hog_decode_ptr(dec, value, param);
}
void hog_decode_iov(struct hog_decoding *dec, uint64_t value, unsigned param)
{
	hog_decode_ptr(dec, value, param);
}
void hog_decode_iov_in(struct hog_decoding *dec, uint64_t value, unsigned param)
{
	hog_decode_ptr(dec, value, param);
}
void hog_decode_iov_out(struct hog_decoding *dec, uint64_t value,
			unsigned param)
{
	hog_decode_ptr(dec, value, param);
}
void hog_decode_dents_out(struct hog_decoding *dec, uint64_t value,
			  unsigned param)
{
	hog_decode_ptr(dec, value, param);
}
void hog_decode_loff(struct hog_decoding *dec, uint64_t value, unsigned param)
{
	hog_decode_ptr(dec, value, param);
}
void hog_decode_int_out(struct hog_decoding *dec, uint64_t value,
			unsigned param)
{
	hog_decode_ptr(dec, value, param);
}
void hog_decode_uint_out(struct hog_decoding *dec, uint64_t value,
			 unsigned param)
{
	hog_decode_ptr(dec, value, param);
}
void hog_decode_long_out(struct hog_decoding *dec, uint64_t value,
			 unsigned param)
{
	hog_decode_ptr(dec, value, param);
}
void hog_decode_ulong_out(struct hog_decoding *dec, uint64_t value,
			  unsigned param)
{
	hog_decode_ptr(dec, value, param);
}
void hog_decode_pipe_out(struct hog_decoding *dec, uint64_t value,
			 unsigned param)
{
	hog_decode_ptr(dec, value, param);
}
void hog_decode_groups(struct hog_decoding *dec, uint64_t value, unsigned param)
{
	hog_decode_ptr(dec, value, param);
}
void hog_decode_groups_out(struct hog_decoding *dec, uint64_t value,
			   unsigned param)
{
	hog_decode_ptr(dec, value, param);
}
void hog_decode_cpuset(struct hog_decoding *dec, uint64_t value, unsigned param)
{
	hog_decode_ptr(dec, value, param);
}
void hog_decode_cpuset_out(struct hog_decoding *dec, uint64_t value,
			   unsigned param)
{
	hog_decode_ptr(dec, value, param);
}
void hog_decode_sched_param(struct hog_decoding *dec, uint64_t value,
			    unsigned param)
{
	hog_decode_ptr(dec, value, param);
}
void hog_decode_fcntl_arg(struct hog_decoding *dec, uint64_t value,
			  unsigned param)
{
	hog_decode_ptr(dec, value, param);
}
void hog_decode_fcntl(struct hog_decoding *dec, uint64_t value, unsigned param)
{
	hog_decode_ptr(dec, value, param);
}
void hog_decode_ioctl_cmd(struct hog_decoding *dec, uint64_t value,
			  unsigned param)
{
	hog_decode_ptr(dec, value, param);
}
void hog_decode_ioctl_arg(struct hog_decoding *dec, uint64_t value,
			  unsigned param)
{
	hog_decode_ptr(dec, value, param);
}
void hog_decode_poll(struct hog_decoding *dec, uint64_t value, unsigned param)
{
	hog_decode_ptr(dec, value, param);
}
void hog_decode_poll_result(struct hog_decoding *dec, uint64_t value,
			    unsigned param)
{
	hog_decode_ptr(dec, value, param);
}
void hog_decode_fdset(struct hog_decoding *dec, uint64_t value, unsigned param)
{
	hog_decode_ptr(dec, value, param);
}
void hog_decode_select_result(struct hog_decoding *dec, uint64_t value,
			      unsigned param)
{
	hog_decode_ptr(dec, value, param);
}
void hog_decode_epoll_event(struct hog_decoding *dec, uint64_t value,
			    unsigned param)
{
	hog_decode_ptr(dec, value, param);
}
void hog_decode_epoll_out(struct hog_decoding *dec, uint64_t value,
			  unsigned param)
{
	hog_decode_ptr(dec, value, param);
}
void hog_decode_sockaddr(struct hog_decoding *dec, uint64_t value,
			 unsigned param)
{
	hog_decode_ptr(dec, value, param);
}
void hog_decode_sockaddr_out(struct hog_decoding *dec, uint64_t value,
			     unsigned param)
{
	hog_decode_ptr(dec, value, param);
}
void hog_decode_socklen(struct hog_decoding *dec, uint64_t value,
			unsigned param)
{
	hog_decode_ptr(dec, value, param);
}
void hog_decode_sockopt(struct hog_decoding *dec, uint64_t value,
			unsigned param)
{
	hog_decode_ptr(dec, value, param);
}
void hog_decode_optval(struct hog_decoding *dec, uint64_t value, unsigned param)
{
	hog_decode_ptr(dec, value, param);
}
void hog_decode_optval_out(struct hog_decoding *dec, uint64_t value,
			   unsigned param)
{
	hog_decode_ptr(dec, value, param);
}
void hog_decode_msg(struct hog_decoding *dec, uint64_t value, unsigned param)
{
	hog_decode_ptr(dec, value, param);
}
void hog_decode_msg_out(struct hog_decoding *dec, uint64_t value,
			unsigned param)
{
	hog_decode_ptr(dec, value, param);
}
void hog_decode_mmsg(struct hog_decoding *dec, uint64_t value, unsigned param)
{
	hog_decode_ptr(dec, value, param);
}
void hog_decode_mmsg_out(struct hog_decoding *dec, uint64_t value,
			 unsigned param)
{
	hog_decode_ptr(dec, value, param);
}
void hog_decode_timespec(struct hog_decoding *dec, uint64_t value,
			 unsigned param)
{
	hog_decode_ptr(dec, value, param);
}
void hog_decode_timespec_rem(struct hog_decoding *dec, uint64_t value,
			     unsigned param)
{
	hog_decode_ptr(dec, value, param);
}
void hog_decode_timespec2(struct hog_decoding *dec, uint64_t value,
			  unsigned param)
{
	hog_decode_ptr(dec, value, param);
}
void hog_decode_timeval(struct hog_decoding *dec, uint64_t value,
			unsigned param)
{
	hog_decode_ptr(dec, value, param);
}
void hog_decode_timeval2(struct hog_decoding *dec, uint64_t value,
			 unsigned param)
{
	hog_decode_ptr(dec, value, param);
}
void hog_decode_itimerspec(struct hog_decoding *dec, uint64_t value,
			   unsigned param)
{
	hog_decode_ptr(dec, value, param);
}
void hog_decode_itimerval(struct hog_decoding *dec, uint64_t value,
			  unsigned param)
{
	hog_decode_ptr(dec, value, param);
}
void hog_decode_stat(struct hog_decoding *dec, uint64_t value, unsigned param)
{
	hog_decode_ptr(dec, value, param);
}
void hog_decode_statx(struct hog_decoding *dec, uint64_t value, unsigned param)
{
	hog_decode_ptr(dec, value, param);
}
void hog_decode_statfs(struct hog_decoding *dec, uint64_t value, unsigned param)
{
	hog_decode_ptr(dec, value, param);
}
void hog_decode_open_how(struct hog_decoding *dec, uint64_t value,
			 unsigned param)
{
	hog_decode_ptr(dec, value, param);
}
void hog_decode_sigset(struct hog_decoding *dec, uint64_t value, unsigned param)
{
	hog_decode_ptr(dec, value, param);
}
void hog_decode_sigset_pair(struct hog_decoding *dec, uint64_t value,
			    unsigned param)
{
	hog_decode_ptr(dec, value, param);
}
void hog_decode_sigaction(struct hog_decoding *dec, uint64_t value,
			  unsigned param)
{
	hog_decode_ptr(dec, value, param);
}
void hog_decode_siginfo(struct hog_decoding *dec, uint64_t value,
			unsigned param)
{
	hog_decode_ptr(dec, value, param);
}
void hog_decode_sigstack(struct hog_decoding *dec, uint64_t value,
			 unsigned param)
{
	hog_decode_ptr(dec, value, param);
}
void hog_decode_argv(struct hog_decoding *dec, uint64_t value, unsigned param)
{
	hog_decode_ptr(dec, value, param);
}
void hog_decode_envp(struct hog_decoding *dec, uint64_t value, unsigned param)
{
	hog_decode_ptr(dec, value, param);
}
void hog_decode_clone_args(struct hog_decoding *dec, uint64_t value,
			   unsigned param)
{
	hog_decode_ptr(dec, value, param);
}
void hog_decode_wstatus(struct hog_decoding *dec, uint64_t value,
			unsigned param)
{
	hog_decode_ptr(dec, value, param);
}
void hog_decode_rusage(struct hog_decoding *dec, uint64_t value, unsigned param)
{
	hog_decode_ptr(dec, value, param);
}
void hog_decode_rlimit(struct hog_decoding *dec, uint64_t value, unsigned param)
{
	hog_decode_ptr(dec, value, param);
}
void hog_decode_prctl_arg(struct hog_decoding *dec, uint64_t value,
			  unsigned param)
{
	hog_decode_ptr(dec, value, param);
}
void hog_decode_prctl_more(struct hog_decoding *dec, uint64_t value,
			   unsigned param)
{
	hog_decode_ptr(dec, value, param);
}
void hog_decode_uname(struct hog_decoding *dec, uint64_t value, unsigned param)
{
	hog_decode_ptr(dec, value, param);
}
void hog_decode_sysinfo(struct hog_decoding *dec, uint64_t value,
			unsigned param)
{
	hog_decode_ptr(dec, value, param);
}
void hog_decode_caphdr(struct hog_decoding *dec, uint64_t value, unsigned param)
{
	hog_decode_ptr(dec, value, param);
}
void hog_decode_capdata(struct hog_decoding *dec, uint64_t value,
			unsigned param)
{
	hog_decode_ptr(dec, value, param);
}
void hog_decode_futex_op(struct hog_decoding *dec, uint64_t value,
			 unsigned param)
{
	hog_decode_ptr(dec, value, param);
}
void hog_decode_futex_val(struct hog_decoding *dec, uint64_t value,
			  unsigned param)
{
	hog_decode_ptr(dec, value, param);
}
void hog_decode_futex_timeout(struct hog_decoding *dec, uint64_t value,
			      unsigned param)
{
	hog_decode_ptr(dec, value, param);
}
void hog_decode_futex_uaddr2(struct hog_decoding *dec, uint64_t value,
			     unsigned param)
{
	hog_decode_ptr(dec, value, param);
}
void hog_decode_futex_val3(struct hog_decoding *dec, uint64_t value,
			   unsigned param)
{
	hog_decode_ptr(dec, value, param);
}
