# SPDX-License-Identifier: Apache-2.0
"""Has argv[2] children, one after the other, made in the way argv[1] names, of
which each burns argv[3] seconds of CPU time in burn(); then prints the CPU time
of all of them as the kernel counts it.  Runs on 2.7 too."""

import multiprocessing
import os
import resource
import subprocess
import sys


def cpu_of(who):
    usage = resource.getrusage(who)
    return usage.ru_utime + usage.ru_stime


def burn(seconds):
    """Rough clocks (2.7) count in ticks; getrusage is exact everywhere."""
    end = cpu_of(resource.RUSAGE_SELF) + seconds
    while cpu_of(resource.RUSAGE_SELF) < end:
        for _ in range(500):
            pass


def by_fork(count, seconds):
    for _ in range(count):
        pid = os.fork()
        if pid == 0:
            # A child begins with 0, whatever its parent used.
            burn(seconds)
            os._exit(0)
        os.waitpid(pid, 0)


def by_subprocess(count, seconds):
    for _ in range(count):
        subprocess.check_call([sys.executable, __file__, "burn", "0",
                               str(seconds)])


def by_pool(count, seconds):
    # A forkserver's workers would be no children of this process.
    if hasattr(multiprocessing, "set_start_method"):
        multiprocessing.set_start_method("fork")
    pool = multiprocessing.Pool(2, maxtasksperchild=1)
    for _ in pool.imap_unordered(burn, [seconds] * count, chunksize=1):
        pass
    pool.close()
    pool.join()


if __name__ == "__main__":
    WAY, COUNT, SECONDS = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    if WAY == "burn":
        burn(SECONDS)
        sys.exit(0)
    globals()["by_" + WAY](COUNT, SECONDS)
    print("children cpu %.6f" % cpu_of(resource.RUSAGE_CHILDREN))
