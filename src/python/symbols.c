/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses of CPython's objects and statics, by their names. */
#include <string.h>

#include "python/find.h"
#include "target/mem.h"

/* Statics of 2.7 and 3.6; only .symtab names them. */
enum old_static {
	INTERP_HEAD,
	TSTATE_CURRENT, /* the one that is exported */
	COLLECTING,
	INTERPRETER_LOCK, /* 2.7 */
	GIL_COND,         /* 3.6 */
	GIL_MUTEX,
	GIL_SWITCH_COND,
	GIL_SWITCH_MUTEX,
	N_OLD,
};

static const char *const old_names[N_OLD] = {
	"interp_head", "_PyThreadState_Current",
	"collecting",  "interpreter_lock",
	"gil_cond",    "gil_mutex",
	"switch_cond", "switch_mutex",
};

/* In the order of struct hog_pysymbols. */
static const char *const object_names[] = {
	"PyType_Type",    "PyCode_Type",     "PyFrame_Type",
	"PyFloat_Type",   "PySet_Type",      "PyFrozenSet_Type",
	"PyBool_Type",    "PyComplex_Type",  "PyByteArray_Type",
	"PyModule_Type",  "PyFunction_Type", "PyCell_Type",
	"_Py_NoneStruct", "_Py_TrueStruct",  "_Py_FalseStruct",
};
#define N_OBJECTS (sizeof(object_names) / sizeof(*object_names))
_Static_assert(sizeof(struct hog_pysymbols) == N_OBJECTS * sizeof(uint64_t),
	       "one name for each symbol");

/* copied: into a program, of a library, which only .dynsym can say. */
static void find_objects(struct hog_elf *elf, uint64_t bias, bool python2,
			 bool copied, struct hog_pysymbols *ret)
{
	const char *names[N_OBJECTS];
	struct hog_elfsym syms[N_OBJECTS];
	uint64_t addrs[N_OBJECTS];

	memcpy(names, object_names, sizeof(names));
	if (python2)
		names[N_OBJECTS - 1] = "_Py_ZeroStruct";
	memcpy(addrs, ret, sizeof(addrs));
	if (copied)
		hog_elf_exports(elf, names, N_OBJECTS, syms);
	else
		hog_elf_symbols(elf, names, N_OBJECTS, syms);
	for (size_t i = 0; i < N_OBJECTS; i++)
		if (syms[i].value)
			addrs[i] = syms[i].value + bias;
	memcpy(ret, addrs, sizeof(*ret));
}

/* All futexes of the 3.6 GIL, when the statics lie as close as one compiler
 * unit puts them; else whatever the image may write to. */
static void find_gil36(const struct hog_elfsym *old, uint64_t bias,
		       struct hog_python *py)
{
	uint64_t lo = UINT64_MAX, hi = 0;

	for (unsigned i = GIL_COND; i <= GIL_SWITCH_MUTEX; i++) {
		if (!old[i].value)
			lo = 0;
		if (old[i].value < lo)
			lo = old[i].value;
		if (old[i].value + old[i].size > hi)
			hi = old[i].value + old[i].size;
	}
	py->gil_lock_addr = py->data_lo;
	py->gil_lock_end = py->data_hi;
	if (lo && hi - lo <= 1024) {
		py->gil_lock_addr = lo + bias;
		py->gil_lock_end = hi + bias;
	}
}

static uint64_t or_load(uint64_t value, const struct hog_pysite *site,
			struct hog_mem *mem, const char *function)
{
	return value ? value + site->bias
		     : hog_pysite_load_target(mem, site, function);
}

static void find_old(const struct hog_pysite *site, struct hog_python *py)
{
	struct hog_elfsym old[N_OLD];

	hog_elf_symbols(site->elf, old_names, N_OLD, old);
	py->interp_head_addr = or_load(old[INTERP_HEAD].value, site, py->mem,
				       "PyInterpreterState_Head");
	if (old[TSTATE_CURRENT].value)
		py->tstate_current_addr =
			old[TSTATE_CURRENT].value + site->bias;
	if (old[COLLECTING].value)
		py->collecting_addr = old[COLLECTING].value + site->bias;
	if (py->lay.major > 2) {
		find_gil36(old, site->bias, py);
		return;
	}
	py->gil_lock_addr = or_load(old[INTERPRETER_LOCK].value, site, py->mem,
				    "PyEval_AcquireLock");
	if (py->gil_lock_addr)
		py->gil_lock_end = py->gil_lock_addr + sizeof(uint64_t);
}

void hog_pysite_symbols(const struct hog_pysite *site, struct hog_elf *exe,
			uint64_t exe_bias, struct hog_python *py)
{
	const struct hog_pylayout *lay = &py->lay;
	bool python2 = lay->major == 2;

	find_objects(site->elf, site->bias, python2, false, &py->sym);
	/* A program that is no PIE has its own copy of what it names of a
	 * library, and the library uses that one. */
	if (exe && exe != site->elf)
		find_objects(exe, exe_bias, python2, true, &py->sym);
	if (!site->runtime) {
		find_old(site, py);
		return;
	}
	py->runtime_addr = site->runtime;
	py->interp_head_addr =
		site->runtime + (uint64_t)lay->runtime_interpreters_head;
	if (lay->runtime_gc_collecting != HOG_NO_FIELD)
		py->collecting_addr =
			site->runtime + (uint64_t)lay->runtime_gc_collecting;
}
