/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How true are the stacks that a reader takes of a running thread?  Reads
 * tests/targets/truth_stacks.py through hog_pyreader_sample with random gaps,
 * then the same threads while they are stopped by ptrace, and prints as JSON
 * how many stacks could not have been, how many were torn, how far the depths
 * of the two lie apart, and which callers stood where none stood in truth.
 *
 *     measure_stacks [-n SAMPLES] [-s SECONDS] [-t TRUTHS] [-g LOW:HIGH] [-x]
 *                    [-m FILE] PID
 *
 * -n: samples that differ from the one before, at most for -s seconds: copies
 * of a program that waits for a CPU say nothing.  Shares are of those samples.
 * -m: the target is tests/targets/frees_code.py with that FILE; counted is how
 * many names were not those of the round that ran.
 * -g: microseconds between two samples.  All Python threads are sampled in
 * turn.  -x: each thread is stopped for its sample, as record --exact does, and
 * for how long is told.  A tool of the tests: it may print, exit and stop its target.
 */
#include "stopped.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/map.h"
#include "base/realtime.h"
#include "python/python.h"
#include "python/stack.h"
#include "python/threads.h"
#include "target/stop.h"
#include "target/target.h"

#define DEPTHS 512
#define TRIES 4
#define EXAMPLES 5
#define CALLS 512
/* A target that does not run is sampled again and again in one place: that
 * says nothing of the reader, so long runs of equal copies are not compared.  (A
 * leaf that loops may leave no trace in its frame: short runs are its own.) */
#define RUN_MAX 16
#define RECHECK_SAMPLES 1000
#define RECHECK_CODES 512

struct shape { /* depths seen */
	uint64_t depth[DEPTHS];
	uint64_t n;
};

struct counts {
	uint64_t samples, distinct, impossible, torn, repaired, unreadable,
		same, gone;
	uint64_t tries, retried, truncated, reads, ns;
	uint64_t lines, lines_unseen; /* callers of right stacks */
	uint64_t lines_unknown;
	double doubt;                         /* so many are likely wrong */
	uint64_t wrong_whole, wrong_repaired; /* parts of impossible */
	uint64_t passing,
		stale;     /* -m: stacks with names of rounds, wrong ones */
	uint64_t left_out; /* parts of long runs of equal copies */
};

struct call {
	uint64_t key;
	char text[96];
};

struct run {
	struct hog_target *target;
	struct hog_python py;
	struct hog_pystacks stacks;
	struct hog_pytstate states[STOPPED_THREADS];
	struct hog_pyreader *readers[STOPPED_THREADS];
	unsigned n_threads;
	unsigned long samples, truths, seconds;
	uint64_t gap_low, gap_high; /* ns */
	bool exact;
	struct stopped stopped;
	struct counts counts;
	struct shape shape, truth, truth_half[2];
	struct hog_map64 edges;   /* (caller, at, callee) seen while stopped */
	struct hog_map64 seen;    /* the same of samples, with counts */
	struct call calls[CALLS]; /* what they were, for examples */
	unsigned n_calls;
	char examples[EXAMPLES][512];
	unsigned n_examples;
	uint64_t random;
	uint64_t stood[STOPPED_THREADS]; /* hash of the last truth */
	const volatile uint64_t *round;  /* -m: mapped */
	uint64_t round_before;
	struct hog_pyframe frames[HOG_PYSTACK_MAX];
};

static void die(const char *what, const struct hog_err *err)
{
	fprintf(stderr, "measure_stacks: %s%s%s\n", what, err ? ": " : "",
		err ? err->text : "");
	exit(1);
}

static uint64_t next_random(struct run *run)
{
	run->random ^= run->random << 13;
	run->random ^= run->random >> 7;
	run->random ^= run->random << 17;
	return run->random;
}

/* Could the program of truth_stacks.py have stood like this? -------------- */

/* The letter of "a12", its number in *ret; 0: another name. */
static char chain_of(const struct hog_pycode *code, int *ret)
{
	const char *name = code ? code->name : "";
	char *end;

	if (!name[0] || !strchr("abhrs", name[0]) || !name[1])
		return 0;
	*ret = (int)strtol(name + 1, &end, 10);
	return *end || !strncmp(name, "r0", 3) == (name[0] != 'r') ? 0
								   : name[0];
}

static bool link_possible(char up, int up_no, char down, int down_no)
{
	if (up == 0)
		return down_no == 0 && down != 'h';
	if (down == 'h' && up != 'h') /* the helpers follow a whole chain */
		return down_no == 0 && ((up == 'a' && up_no == 9) ||
					(up == 'b' && up_no == 13));
	if (up != down)
		return false;
	if (down == 'r')
		return true;
	if (down == 's')
		return down_no == !up_no;
	return down_no == up_no + 1;
}

static bool possible(const struct hog_pyframe *v, size_t n)
{
	bool loop = false, away = false;
	char up = 0;
	int up_no = 0;

	for (size_t i = 0; i < n; i++) {
		int no = 0;
		char down = chain_of(v[i].code, &no);

		if (!v[i].code)
			return false;
		if (strncmp(v[i].code->name, "loop", 4) == 0)
			loop = true;
		if (down == 0) {
			/* Between two of a chain: methods of operators.  That
			 * of a greenlet leaves for another one. */
			away = away ||
			       strcmp(v[i].code->name, "__await__") == 0;
			if (up && !away &&
			    strncmp(v[i].code->name, "__", 2) != 0)
				return false;
			continue;
		}
		if (!loop || away || !link_possible(up, up_no, down, no))
			return false;
		up = down;
		up_no = no;
	}
	return true;
}

static void keep_example(struct run *run, const struct hog_pystack *s)
{
	char *p, *end;

	if (run->n_examples == EXAMPLES)
		return;
	p = run->examples[run->n_examples++];
	end = p + sizeof(run->examples[0]);
	for (size_t i = 0; i < s->n && p < end - 1; i++)
		p += snprintf(p, (size_t)(end - p), "%s%s", i ? ";" : "",
			      s->frames[i].code ? s->frames[i].code->name
						: "?");
}

/* Counting ----------------------------------------------------------------- */

static void shape_add(struct shape *shape, size_t depth, uint64_t weight)
{
	shape->depth[depth < DEPTHS ? depth : DEPTHS - 1] += weight;
	shape->n += weight;
}

/* Total variation in per cent. */
static double shape_tv(const struct shape *a, const struct shape *b)
{
	double sum = 0;

	if (!a->n || !b->n)
		return -1;
	for (size_t i = 0; i < DEPTHS; i++) {
		double d = (double)a->depth[i] / (double)a->n -
			   (double)b->depth[i] / (double)b->n;

		sum += d < 0 ? -d : d;
	}
	return sum * 50;
}

static uint64_t edge_key(const struct hog_pyframe *caller)
{
	uint64_t x = hog_hash64(caller[0].code->serial +
				((uint64_t)(uint32_t)caller[0].at << 32));

	return hog_hash64(x ^ caller[1].code->serial);
}

static void keep_call(struct run *run, const struct hog_pyframe *v,
		      uint64_t key)
{
	struct call *call = &run->calls[run->n_calls];

	if (run->n_calls == CALLS)
		return;
	run->n_calls++;
	call->key = key;
	snprintf(call->text, sizeof(call->text), "%s:%d > %s", v[0].code->name,
		 v[0].at, v[1].code->name);
}

static void count_edges(struct run *run, struct hog_map64 *map,
			const struct hog_pyframe *v, size_t n)
{
	for (size_t i = 0; i + 1 < n; i++) {
		uint64_t key = edge_key(&v[i]);

		if (v[i].at < 0) { /* its place is said not to be known */
			run->counts.lines_unknown++;
			continue;
		}

		const uint64_t *old = hog_map64_get(map, key);

		if (!old && map == &run->seen)
			keep_call(run, &v[i], key);
		if (hog_map64_put(map, key, old ? *old + 1 : 1) < 0)
			die("out of memory", NULL);
	}
}

/* Code that is run once: are its names those of a round that ran while the
 * sample was taken? */
static void count_rounds(struct run *run, const struct hog_pystack *s)
{
	uint64_t before = run->round_before, after = *run->round;
	bool passing = false, stale = false;

	while (after == 0) /* 2.7 clears it before it writes */
		after = *run->round;

	for (size_t i = 0; i < s->n; i++) {
		const char *name =
			s->frames[i].code ? s->frames[i].code->name : "";
		const char *file =
			s->frames[i].code ? s->frames[i].code->filename : "";
		uint64_t n, m;

		if ((name[0] != 'f' && name[0] != 'g') || name[1] != '_')
			continue;
		n = strtoul(name + 2, NULL, 10);
		m = strtoul(file + 1, NULL, 10);
		passing = true;
		stale |= n < before || n > after || n != m;
	}
	run->counts.passing += passing;
	run->counts.stale += stale;
	if (stale)
		keep_example(run, s);
}

static void count_sample(struct run *run, const struct hog_pyreader *r,
			 const struct hog_pystack *s)
{
	struct counts *c = &run->counts;

	c->repaired += s->repaired;
	c->unreadable += s->unreadable;
	c->doubt += hog_pyreader_doubt(r, s);
	c->truncated += s->truncated;
	if (s->torn) {
		c->torn++;
		return;
	}
	if (run->round) {
		count_rounds(run, s);
		return;
	}
	if (!possible(s->frames, s->n)) {
		c->impossible++;
		c->wrong_repaired += s->repaired;
		c->wrong_whole += !s->repaired;
		keep_example(run, s);
		return;
	}
	count_edges(run, &run->seen, s->frames, s->n);
}

struct streak { /* equal copies of one thread */
	size_t depth;
	unsigned n;
	bool usable;
};

static void end_streak(struct run *run, struct streak *st)
{
	if (st->usable && st->n < RUN_MAX)
		shape_add(&run->shape, st->depth, st->n);
	else if (st->usable)
		run->counts.left_out += st->n;
	*st = (struct streak){ 0 };
}

static void wait_gap(struct run *run)
{
	uint64_t span = run->gap_high - run->gap_low;
	uint64_t until = hog_now_ns() + run->gap_low +
			 (span ? next_random(run) % span : 0);

	while (run->gap_high && hog_now_ns() < until)
		;
}

/* As the recorder does. */
static void leave_out_hidden(struct run *run, struct hog_pystack *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		if (!hog_pyframe_is_hidden(&s->frames[i]))
			run->frames[n++] = s->frames[i];
	s->frames = run->frames;
	s->n = n;
}

static bool take_sample(struct run *run, unsigned i, struct streak *st)
{
	struct hog_pystack s = { 0 };
	enum hog_pyverdict verdict = HOG_PYSTACK_GONE;
	uint64_t start = hog_now_ns();
	unsigned tries = 0;

	if (run->round)
		while ((run->round_before = *run->round) == 0)
			;
	if (run->exact)
		verdict = stopped_sample(&run->stopped, i, &s, &tries);
	if (!run->exact || s.torn) /* as record --exact does */
		verdict =
			hog_pyreader_sample(run->readers[i], TRIES, &s, &tries);
	run->counts.ns += hog_now_ns() - start;
	leave_out_hidden(run, &s);
	run->counts.tries += tries;
	run->counts.retried += tries > 1;
	if (verdict == HOG_PYSTACK_GONE) {
		run->counts.gone++;
		return false;
	}
	run->counts.samples++;
	if (verdict == HOG_PYSTACK_SAME) {
		run->counts.same++;
	} else {
		run->counts.distinct++;
		count_sample(run, run->readers[i], &s);
		end_streak(run, st);
	}
	st->n++;
	st->depth = s.n;
	st->usable = !s.torn;
	return true;
}

/* As the recorder does between its slots. */
static void drop_dead_codes(struct run *run)
{
	run->counts.doubt += hog_pycodes_doubt(run->stacks.codes);
	hog_pycodes_recheck(run->stacks.codes, RECHECK_CODES);
	if (hog_pycodes_reap(run->stacks.codes) == 0)
		return;
	for (unsigned i = 0; i < run->n_threads; i++)
		run->readers[i]->ops->forget(run->readers[i]);
}

static void measure(struct run *run)
{
	struct streak streaks[STOPPED_THREADS] = { 0 };
	uint64_t end = hog_now_ns() + run->seconds * 1000000000;

	for (unsigned long k = 0;
	     run->counts.distinct < run->samples && hog_now_ns() < end; k++) {
		unsigned i = (unsigned)(k % run->n_threads);

		if (!take_sample(run, i, &streaks[i]) && run->counts.gone > 100)
			break;
		wait_gap(run);
		if (k % RECHECK_SAMPLES == RECHECK_SAMPLES - 1)
			drop_dead_codes(run);
	}
	for (unsigned i = 0; i < run->n_threads; i++)
		end_streak(run, &streaks[i]);
}

/* The truth ------------------------------------------------------------------ */

/* A thread that waits for a CPU is stopped in one place again and again, which
 * says nothing: as with samples, only a place that differs counts. */
static bool stands_still(struct run *run, unsigned i, size_t n)
{
	uint64_t hash = 1;

	for (size_t k = 0; k < n; k++)
		hash = hog_hash64(hash ^ run->frames[k].code->serial ^
				  (uint64_t)(uint32_t)run->frames[k].at << 32);
	if (hash == run->stood[i])
		return true;
	run->stood[i] = hash;
	return false;
}

static void truth_of(struct run *run, unsigned i, unsigned half)
{
	bool truncated;
	int n = hog_pystack_walk(&run->py, run->stacks.codes,
				 run->states[i].addr, run->frames,
				 HOG_PYSTACK_MAX, &truncated);

	if (n < 0 || stands_still(run, i, (size_t)n))
		return;
	shape_add(&run->truth, (size_t)n, 1);
	shape_add(&run->truth_half[half], (size_t)n, 1);
	count_edges(run, &run->edges, run->frames, (size_t)n);
	if (!possible(run->frames, (size_t)n)) {
		struct hog_pystack s = { .frames = run->frames,
					 .n = (size_t)n };

		keep_example(run, &s);
		die("a stopped stack looks impossible: the rule is wrong",
		    NULL);
	}
}

/* Stops every thread again and again, at random moments. */
static void take_truths(struct run *run)
{
	uint64_t end = hog_now_ns() + run->seconds * HOG_NS_PER_SEC;

	for (unsigned long k = 0;
	     run->truth.n < run->truths && hog_now_ns() < end; k++) {
		unsigned i = (unsigned)(k % run->n_threads);
		struct hog_stop stop;

		usleep((useconds_t)(20 + next_random(run) % 200));
		if (hog_stop_begin(&run->stopped.stops, run->target->pid,
				   run->states[i].tid, &stop) < 0)
			break;
		truth_of(run, i, run->truth.n * 2 >= run->truths);
		hog_stop_end(&run->stopped.stops, &stop);
	}
	hog_stops_fini(&run->stopped.stops);
}

/* Callers of samples that stood where none stood in the truth. */
static void compare_lines(struct run *run)
{
	for (size_t i = 0; i < run->seen.cap; i++) {
		if (!run->seen.used[i])
			continue;
		run->counts.lines += run->seen.slots[i].value;
		if (!hog_map64_get(&run->edges, run->seen.slots[i].key))
			run->counts.lines_unseen += run->seen.slots[i].value;
	}
}

/* Frame ----------------------------------------------------------------------- */

static void open_all(struct run *run, pid_t pid)
{
	struct hog_pyinterp interp;
	struct hog_err err = { 0 };
	int n;

	if (hog_target_open_pid(pid, &run->target, &err) < 0 ||
	    hog_python_find(run->target, &run->py, &err) < 0)
		die("attach", &err);
	if (hog_pystacks_init(&run->stacks, &run->py) < 0 ||
	    hog_pyinterps_list(&run->py, &interp, 1) < 1)
		die("no interpreter", NULL);
	n = hog_pytstates_list(&run->py, &interp, run->states, STOPPED_THREADS);
	if (n < 1)
		die("no thread", NULL);
	run->n_threads = (unsigned)n;
	for (unsigned i = 0; i < run->n_threads; i++) {
		run->readers[i] =
			hog_pyreader_new(&run->stacks, run->states[i].addr);
		if (!run->readers[i] ||
		    !stopped_add(&run->stopped, &run->stacks, &run->states[i]))
			die("out of memory", NULL);
	}
}

static void close_all(struct run *run)
{
	for (unsigned i = 0; i < run->n_threads; i++)
		hog_pyreader_free(run->readers[i]);
	stopped_fini(&run->stopped);
	hog_pystacks_fini(&run->stacks);
	hog_target_close(run->target);
	hog_map64_fini(&run->edges);
	hog_map64_fini(&run->seen);
}

static double per_cent(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 0;
}

static void print_wrong_calls(const struct run *run)
{
	unsigned n = 0;

	printf("], \"lines_unseen\": [");
	for (unsigned i = 0; i < run->n_calls; i++) {
		const struct call *call = &run->calls[i];

		if (!hog_map64_get(&run->edges, call->key))
			printf("%s[\"%s\", %lu]", n++ ? ", " : "", call->text,
			       *hog_map64_get(&run->seen, call->key));
	}
}

static void print_result(struct run *run, double seconds)
{
	const struct counts *c = &run->counts;
	struct rusage usage;
	uint64_t n = c->samples, d = c->distinct;

	getrusage(RUSAGE_SELF, &usage);
	printf("{\"python\": \"%s\", \"threads\": %u, \"samples\": %lu, "
	       "\"distinct\": %lu, "
	       "\"impossible_pct\": %.4f, \"torn_pct\": %.4f, "
	       "\"repaired_pct\": %.3f, \"retried_pct\": %.3f, "
	       "\"unstopped_pct\": %.4f, \"same_pct\": %.1f, \"unreadable\": %lu, \"truncated\": %lu, "
	       "\"gone\": %lu, \"passing\": %lu, \"stale\": %lu, "
	       "\"torn\": %lu, \"repaired\": %lu, \"wrong_whole\": %lu, "
	       "\"wrong_repaired\": %lu, \"estimated_wrong\": %.3f, ",
	       run->py.version_text, run->n_threads, n, d,
	       per_cent(c->impossible, d), per_cent(c->torn, d),
	       per_cent(c->repaired, d), per_cent(c->retried, d),
	       per_cent(run->stopped.failed, d), per_cent(c->same, n),
	       c->unreadable, c->truncated, c->gone, c->passing, c->stale,
	       c->torn, c->repaired, c->wrong_whole, c->wrong_repaired,
	       c->doubt);
	printf("\"tv\": %.2f, \"truth_noise\": %.2f, \"truths\": %lu, "
	       "\"lines_unseen_pct\": %.4f, \"lines_unknown_pct\": %.4f, \"left_out_pct\": %.1f, ",
	       shape_tv(&run->shape, &run->truth),
	       shape_tv(&run->truth_half[0], &run->truth_half[1]), run->truth.n,
	       per_cent(c->lines_unseen, c->lines),
	       per_cent(c->lines_unknown, c->lines + c->lines_unknown),
	       per_cent(c->left_out, n));
	stopped_print(&run->stopped);
	printf("\"us_per_sample\": %.2f, \"samples_per_second\": %.0f, "
	       "\"reads_per_sample\": %.2f, \"max_rss_kb\": %ld, "
	       "\"examples\": [",
	       n ? (double)c->ns / 1e3 / (double)n : 0,
	       seconds > 0 ? (double)n / seconds : 0,
	       n ? (double)c->reads / (double)n : 0, usage.ru_maxrss);
	for (unsigned i = 0; i < run->n_examples; i++)
		printf("%s\"%s\"", i ? ", " : "", run->examples[i]);
	print_wrong_calls(run);
	printf("], \"depths\": [");
	for (size_t i = 0, k = 0; i < DEPTHS; i++)
		if (run->shape.depth[i] || run->truth.depth[i])
			printf("%s[%zu, %lu, %lu]", k++ ? ", " : "", i,
			       run->shape.depth[i], run->truth.depth[i]);
	printf("]}\n");
}

static const volatile uint64_t *map_round(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	void *p = MAP_FAILED;

	if (fd >= 0) {
		p = mmap(NULL, sizeof(uint64_t), PROT_READ, MAP_SHARED, fd, 0);
		close(fd);
	}
	if (p == MAP_FAILED)
		die(path, NULL);
	return p;
}

static void parse_options(struct run *run, int argc, char **argv)
{
	int opt;

	while ((opt = getopt(argc, argv, "n:s:t:g:m:x")) != -1) {
		char *end = NULL;

		switch (opt) {
		case 'n':
			run->samples = strtoul(optarg, NULL, 10);
			break;
		case 's':
			run->seconds = strtoul(optarg, NULL, 10);
			break;
		case 't':
			run->truths = strtoul(optarg, NULL, 10);
			break;
		case 'm':
			run->round = map_round(optarg);
			break;
		case 'x':
			run->exact = true;
			break;
		case 'g':
			run->gap_low = strtoul(optarg, &end, 10) * 1000;
			run->gap_high =
				*end == ':' ? strtoul(end + 1, NULL, 10) * 1000
					    : run->gap_low;
			if (run->gap_high < run->gap_low)
				die("-g LOW:HIGH", NULL);
			break;
		default:
			die("bad option", NULL);
		}
	}
	if (optind + 1 != argc)
		die("give one pid", NULL);
}

int main(int argc, char **argv)
{
	struct run *run = calloc(1, sizeof(*run));
	uint64_t start, took, reads;

	if (!run)
		die("out of memory", NULL);
	run->samples = 10000;
	run->seconds = 60;
	run->truths = 3000;
	run->gap_low = 30000;
	run->gap_high = 90000;
	run->random = hog_now_ns() | 1;
	parse_options(run, argc, argv);
	open_all(run, (pid_t)strtol(argv[optind], NULL, 10));
	reads = run->target->mem->reads;
	start = hog_now_ns();
	if (run->exact) {
		hog_stops_init(&run->stopped.stops);
		hog_realtime_begin();
	}
	measure(run);
	took = hog_now_ns() - start;
	run->counts.reads = run->target->mem->reads - reads;
	if (run->truths)
		take_truths(run);
	compare_lines(run);
	print_result(run, (double)took / 1e9);
	close_all(run);
	free(run);
	return 0;
}
