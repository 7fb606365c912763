# SPDX-License-Identifier: Apache-2.0
"""hognose syscalls: arguments and results in words, as strace shows them."""

import json
import re

import pytest

PROGRAM = """
import errno, fcntl, os, select, signal, socket, struct, sys, time
here = sys.argv[1]
def quiet(function, *args):
    try:
        return function(*args)
    except (OSError, socket.error):
        return None
fd = os.open(here + "/a file\\n", os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o640)
os.write(fd, b"x\\n\\0" + b"y" * 100)
os.lseek(fd, -3, os.SEEK_END)
os.read(fd, 9)
fcntl.fcntl(fd, fcntl.F_SETFL, os.O_APPEND)
fcntl.fcntl(fd, fcntl.F_GETFL)
r, w = os.pipe()
quiet(os.open, here + "/nothing", os.O_RDONLY | os.O_NONBLOCK)
server = socket.socket()
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(("127.0.0.1", 0))
server.listen(5)
client = socket.socket()
client.connect(server.getsockname())
client.sendall(b"hello")
unix = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
quiet(unix.connect, "\\0no such name")
os.write(w, b"z")
poll = select.poll()
poll.register(r, select.POLLIN)
poll.poll(1000)
select.select([r], [], [], 5)
child = os.fork()
if child == 0:
    os._exit(3)
os.waitpid(child, 0)
signal.signal(signal.SIGUSR1, signal.SIG_IGN)
os.kill(os.getpid(), signal.SIGUSR1)
os.umask(0o27)
quiet(os.execv, here + "/nothing", ["nothing", "an argument"])
"""

# Call and text: what has to be among the lines, in this order.
EXPECTED = [
    r'open(at)?\((AT_FDCWD, )?"HERE/a file\\n", '
    r'O_RDWR\|O_CREAT\|O_TRUNC(\|O_CLOEXEC)?, 0640\) = \d+<HERE/a file.*>',
    r'write\(\d+<HERE/a file.*>, "x\\n\\0y{29}"\.\.\., 103\) = 103',
    r'lseek\(\d+<.*>, -3, SEEK_END\) = 100',
    r'read\(\d+<.*>, "yyy", 9\) = 3',
    r'fcntl\(\d+<.*>, F_SETFL, O_RDONLY\|O_APPEND\) = 0',
    r'fcntl\(\d+<.*>, F_GETFL\) = 0x\w+ \(flags O_RDWR\|O_APPEND'
    r'(\|O_LARGEFILE)?\)',
    r'pipe2?\(\[\d+<pipe:\[\d+\]>, \d+<pipe:\[\d+\]>\](, (O_CLOEXEC|0))?\) = 0',
    r'open(at)?\((AT_FDCWD, )?"HERE/nothing", O_RDONLY\|O_NONBLOCK'
    r'(\|O_CLOEXEC)?\) = -1 ENOENT',
    r'socket\(AF_INET, SOCK_STREAM(\|SOCK_CLOEXEC)?, IPPROTO_\w+\) = \d+<TCP.*>',
    r'setsockopt\(\d+<.*>, SOL_SOCKET, SO_REUSEADDR, \[1\], 4\) = 0',
    r'bind\(\d+<.*>, \{sa_family=AF_INET, sin_port=htons\(0\), '
    r'sin_addr=inet_addr\("127\.0\.0\.1"\)\}, 16\) = 0',
    r'listen\(\d+<TCP 127\.0\.0\.1:\d+>, 5\) = 0',
    r'getsockname\(\d+<.*>, \{sa_family=AF_INET, sin_port=htons\([1-9]\d*\), '
    r'sin_addr=inet_addr\("127\.0\.0\.1"\)\}, \[\d+( => 16)?\]\) = 0',
    r'connect\(\d+<.*>, \{sa_family=AF_INET, sin_port=htons\([1-9]\d*\), .*\) = 0',
    r'sendto\(\d+<TCP 127\.0\.0\.1:\d+->127\.0\.0\.1:\d+>, "hello", 5, 0, NULL, '
    r'0\) = 5',
    r'connect\(\d+<.*>, \{sa_family=AF_UNIX, sun_path=@"no such name"\}, 15\) = '
    r'-1 ECONNREFUSED',
    r'p?poll\(\[\{fd=\d+<pipe:.*>, events=POLLIN\}\], 1, .*\) = '
    r'1 \(\[\{fd=\d+<pipe:.*>, revents=POLLIN\}\].*\)',
    r'p?select6?\(\d+, \[\d+<pipe:.*>\], (\[\]|NULL), (\[\]|NULL), '
    r'\{tv_sec=5, tv_[un]sec=0\}.*\)'
    r' = 1 \(in \[\d+<pipe:.*>\], left \{tv_sec=4, .*\}\)',
    r'wait4\(\d+, \[\{WIFEXITED\(s\) && WEXITSTATUS\(s\) == 3\}\], 0, NULL\) = '
    r'\d+',
    r'rt_sigaction\(SIGUSR1, \{sa_handler=SIG_IGN, sa_mask=\[.*\], '
    r'sa_flags=.*\}, \{sa_handler=SIG_DFL, .*\}, 8\) = 0',
    r'kill\(\d+, SIGUSR1\) = 0',
    r'umask\(027\) = 0\d\d',
    r'execve\("HERE/nothing", \["nothing", "an argument"\], '
    r'0x\w+ /\* \d+ vars \*/\) = -1 ENOENT',
]

CALLS = ("open,openat,write,lseek,read,fcntl,pipe,pipe2,%network,poll,ppoll,"
         "select,pselect6,wait4,rt_sigaction,kill,umask,execve")


@pytest.mark.pythons(each_minor=True, chroot=False)
def test_arguments_and_results_are_in_words(hognose, python, tmp_path):
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    done = hognose.run("syscalls", "-e", CALLS, "--stack", "none", "--no-follow",
                       "--", python.path, program, tmp_path)
    assert done.returncode == 0, done.stderr
    lines = [re.sub(r"^\S+ \S+ (.*) <[\d.]+>$", r"\1", line)
             for line in done.stderr.splitlines()]
    at = 0
    for pattern in EXPECTED:
        wanted = re.compile(pattern.replace("HERE", re.escape(str(tmp_path))))
        found = [i for i in range(at, len(lines)) if wanted.match(lines[i])]
        assert found, (pattern, lines[at:])
        at = found[0]


def test_an_unreadable_pointer_is_a_value(hognose, any_python, tmp_path):
    """The address as text, no number, and the trace goes on."""
    program = tmp_path / "program.py"
    program.write_text("import ctypes, os\n"
                       "libc = ctypes.CDLL(None)\n"
                       "libc.chdir(ctypes.c_void_p(0x10))\n"
                       "os.chdir('/')\n")
    done = hognose.run("syscalls", "-e", "chdir", "-o", "calls.jsonl", "--",
                       any_python.path, program, cwd=tmp_path)
    assert done.returncode == 0
    bad, good = [json.loads(line) for line in
                 (tmp_path / "calls.jsonl").read_text().splitlines()][-2:]
    assert bad["args"] == [{"name": "filename", "type": "const char *",
                            "value": None, "text": "0x10"}]
    assert bad["errno"] == "EFAULT" and bad["result"] == -1
    assert good["args"][0]["value"] == "/" and good["args"][0]["text"] == '"/"'
    assert good["result"] == 0


def test_strings_are_as_long_as_asked_for(hognose, any_python, tmp_path):
    program = tmp_path / "program.py"
    program.write_text("import os\nos.write(1, b'0123456789' * 10)\n")
    done = hognose.run("syscalls", "-e", "write", "--string-limit", "5", "--",
                       any_python.path, program)
    assert 'write(1<' in done.stderr and '"01234"..., 100) = 100' in done.stderr


def test_classes_are_sets_of_calls(hognose, any_python, tmp_path):
    program = tmp_path / "program.py"
    program.write_text("import os\nos.getppid()\nos.umask(0)\n"
                       "os.close(os.open('/', os.O_RDONLY))\n")
    done = hognose.run("syscalls", "-e", "%desc,umask,!/^open/", "--stack",
                       "none", "--", any_python.path, program)
    names = set(re.findall(r"^\S+ \d+/\d+ (\w+)\(", done.stderr, re.M))
    assert {"umask", "close", "read"} <= names
    assert not {"open", "openat", "getppid", "execve"} & names
    wrong = hognose.run("syscalls", "-e", "umask,%desk", "--", any_python.path,
                        program)
    assert wrong.returncode == 2 and "%desc" in wrong.stderr
