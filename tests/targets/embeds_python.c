/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program that holds a CPython.  Its words, one after the other:
 *   wait    says "waits" and waits for a line on stdin
 *   init    Py_Initialize
 *   run     runs the code of argv[1]
 *   sub     makes another interpreter, in which the rest happens
 *   end     Py_Finalize
 *   thread  does the rest in a second thread
 */
#include <Python.h>

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char **words;
static const char *code;

static void say(const char *what)
{
	printf("%s\n", what);
	fflush(stdout);
}

static void *perform(void *unused)
{
	char line[80];

	(void)unused;
	while (*words) {
		const char *word = *words++;

		if (!strcmp(word, "wait")) {
			say("waits");
			if (!fgets(line, sizeof(line), stdin))
				return NULL;
		} else if (!strcmp(word, "init")) {
			Py_Initialize();
		} else if (!strcmp(word, "run")) {
			if (PyRun_SimpleString(code))
				return NULL;
		} else if (!strcmp(word, "sub")) {
			if (!Py_NewInterpreter())
				return NULL;
		} else if (!strcmp(word, "end")) {
			Py_Finalize();
			say("finalized");
		} else if (!strcmp(word, "thread")) {
			pthread_t thread;

			pthread_create(&thread, NULL, perform, NULL);
			pthread_join(thread, NULL);
		}
	}
	return NULL;
}

int main(int argc, char **argv)
{
	if (argc < 3)
		return 2;
	code = argv[1];
	words = argv + 2;
	perform(NULL);
	return 0;
}
