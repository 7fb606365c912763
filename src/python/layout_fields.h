/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every offset that hognose knows of CPython's structs, one row each: the name
 * used in our code, and the group and field(s) of the facts it is generated
 * from (alternatives in order, '|' between them).  tools/gen_layouts.py reads
 * this file: a row added here is a column in every layouts/cpXY.inc.
 *
 * X(name, group, "field|other name of it")
 */
#ifndef HOG_PYTHON_LAYOUT_FIELDS_H
#define HOG_PYTHON_LAYOUT_FIELDS_H

/* clang-format off */
#define HOG_PYLAYOUT_FIELDS(X)                                                \
	X(runtime_size, _sizeof, "runtime")                                   \
	X(runtime_interpreters_head, runtime, "interpreters.head")            \
	X(runtime_interpreters_main, runtime, "interpreters.main")            \
	X(runtime_finalizing, runtime, "_finalizing|finalizing")              \
	X(runtime_tstate_current, runtime, "gilstate.tstate_current")         \
	X(runtime_gil_locked, runtime, "ceval.gil.locked")                    \
	X(runtime_gil_last_holder, runtime, "ceval.gil.last_holder")          \
	X(runtime_gc_collecting, runtime, "gc.collecting")                    \
	X(runtime_main_thread, runtime,                                       \
	  "main_thread|ceval.pending.main_thread")                            \
	X(interp_size, _sizeof, "interp")                                     \
	X(interp_next, interp, "next")                                        \
	X(interp_id, interp, "id")                                            \
	X(interp_threads_head, interp, "threads.head|tstate_head")            \
	X(interp_threads_main, interp, "threads.main")                        \
	X(interp_modules, interp, "imports.modules|modules")                  \
	X(interp_sysdict, interp, "sysdict")                                  \
	X(interp_gil, interp, "ceval.gil") /* a pointer, 3.12+ */             \
	X(interp_gc_collecting, interp, "gc.collecting")                      \
	X(interp_gc_frame, interp, "gc.frame")                                \
	X(interp_code_generation, interp, "_code_object_generation")          \
	X(interp_tlbc_generation, interp, "tlbc_indices.tlbc_generation")     \
	X(interp_stw_requested, interp, "stoptheworld.requested")             \
	X(interp_stw_requester, interp, "stoptheworld.requester")             \
	X(interp_tasks_head, interp, "asyncio_tasks_head")                    \
	X(gil_last_holder, gil, "last_holder")                                \
	X(gil_locked, gil, "locked")                                          \
	X(gil_enabled, gil, "enabled")                                        \
	X(gil_cond, gil, "cond")                                              \
	X(gil_mutex, gil, "mutex")                                            \
	X(gil_switch_cond, gil, "switch_cond")                                \
	X(gil_switch_mutex, gil, "switch_mutex")                              \
	X(tstate_size, _sizeof, "tstate")                                     \
	X(tstate_prev, tstate, "prev")                                        \
	X(tstate_next, tstate, "next")                                        \
	X(tstate_interp, tstate, "interp")                                    \
	X(tstate_frame, tstate, "frame") /* 2.7-3.10 */                       \
	X(tstate_recursion_depth, tstate, "recursion_depth")                  \
	X(tstate_cframe, tstate, "cframe") /* 3.11, 3.12 */                   \
	X(tstate_current_frame, tstate, "current_frame") /* 3.13+ */          \
	X(tstate_base_frame, tstate, "base_frame") /* 3.15 */                 \
	X(tstate_thread_id, tstate, "thread_id")                              \
	X(tstate_native_thread_id, tstate, "native_thread_id")                \
	X(tstate_datastack_chunk, tstate, "datastack_chunk")                  \
	X(tstate_datastack_top, tstate, "datastack_top")                      \
	X(tstate_status, tstate, "_status")                                   \
	X(tstate_state, tstate, "state")                                      \
	X(tstate_holds_gil, tstate, "holds_gil")                              \
	X(tstate_gil_requested, tstate, "gil_requested")                      \
	X(tstate_running_task, tstate_impl, "asyncio_running_task")           \
	X(tstate_tasks_head, tstate_impl, "asyncio_tasks_head")               \
	X(cframe_current_frame, cframe, "current_frame")                      \
	X(frame_size, _sizeof, "frame") /* PyFrameObject, 2.7-3.10 */         \
	X(frame_back, frame, "f_back")                                        \
	X(frame_code, frame, "f_code")                                        \
	X(frame_globals, frame, "f_globals")                                  \
	X(frame_locals, frame, "f_locals")                                    \
	X(frame_lasti, frame, "f_lasti")                                      \
	X(frame_executing, frame, "f_executing")                              \
	X(frame_state, frame, "f_state")                                      \
	X(frame_stacktop, frame, "f_stacktop")                                \
	X(frame_gen, frame, "f_gen")                                          \
	X(frame_valuestack, frame, "f_valuestack")                            \
	X(frame_stackdepth, frame, "f_stackdepth")                            \
	X(frame_localsplus, frame, "f_localsplus")                            \
	X(iframe_size, _sizeof, "iframe") /* _PyInterpreterFrame, 3.11+ */    \
	X(iframe_code, iframe, "f_executable|f_code") /* tagged from 3.14 */  \
	X(iframe_func, iframe, "f_funcobj|f_func")                            \
	X(iframe_previous, iframe, "previous")                                \
	X(iframe_globals, iframe, "f_globals")                                \
	X(iframe_locals, iframe, "f_locals")                                  \
	X(iframe_instr, iframe, "instr_ptr|prev_instr")                       \
	X(iframe_stacktop, iframe, "stacktop")                                \
	X(iframe_stackpointer, iframe, "stackpointer")                        \
	X(iframe_return_offset, iframe, "return_offset")                      \
	X(iframe_owner, iframe, "owner")                                      \
	X(iframe_is_entry, iframe, "is_entry") /* 3.11 */                     \
	X(iframe_tlbc_index, iframe, "tlbc_index") /* 3.14t+ */               \
	X(iframe_localsplus, iframe, "localsplus")                            \
	X(chunk_previous, stackchunk, "previous")                             \
	X(chunk_size, stackchunk, "size")                                     \
	X(chunk_top, stackchunk, "top")                                       \
	X(chunk_data, stackchunk, "data")                                     \
	X(gen_iframe, gen, "gi_iframe")                                       \
	X(gen_frame_state, gen, "gi_frame_state")                             \
	X(gen_frame, gen, "gi_frame") /* 2.7-3.10 */                          \
	X(func_code, func, "func_code")                                       \
	X(func_closure, func, "func_closure")                                 \
	X(code_size, _sizeof, "code")                                         \
	X(code_argcount, code, "co_argcount")                                 \
	X(code_kwonlyargcount, code, "co_kwonlyargcount")                     \
	X(code_nlocals, code, "co_nlocals")                                   \
	X(code_stacksize, code, "co_stacksize")                               \
	X(code_flags, code, "co_flags")                                       \
	X(code_filename, code, "co_filename")                                 \
	X(code_name, code, "co_name")                                         \
	X(code_qualname, code, "co_qualname")                                 \
	X(code_firstlineno, code, "co_firstlineno")                           \
	X(code_linetable, code, "co_linetable|co_lnotab")                     \
	X(code_code, code, "co_code") /* bytes object, 2.7-3.10 */            \
	X(code_code_adaptive, code, "co_code_adaptive") /* 3.11+ */           \
	X(code_firsttraceable, code, "_co_firsttraceable")                    \
	X(code_varnames, code, "co_varnames")                                 \
	X(code_cellvars, code, "co_cellvars")                                 \
	X(code_freevars, code, "co_freevars")                                 \
	X(code_nlocalsplus, code, "co_nlocalsplus")                           \
	X(code_localsplusnames, code, "co_localsplusnames")                   \
	X(code_localspluskinds, code, "co_localspluskinds")                   \
	X(code_tlbc, code, "co_tlbc")                                         \
	X(object_type, object, "ob_type")                                     \
	X(bytes_size, bytes, "ob_base.ob_size|ob_size")                       \
	X(bytes_data, bytes, "ob_sval")                                       \
	X(str_length, unicode, "length")                                      \
	X(str_state, unicode, "state")                                        \
	X(str_wstr, unicode, "wstr")                                          \
	X(str_ascii_data, _sizeof, "unicode")                                 \
	X(str_compact_data, _sizeof, "unicode_compact")                       \
	X(str_any_data, unicode_full, "data|str")                             \
	X(str_utf8_length, unicode_compact, "utf8_length")                    \
	X(tuple_items, tuple, "ob_item")                                      \
	X(list_items, list, "ob_item")                                        \
	X(cell_ref, cell, "ob_ref")                                           \
	X(module_dict, module, "md_dict")                                     \
	X(long_tag, long, "long_value.lv_tag") /* 3.12+ */                    \
	X(long_size, long, "ob_base.ob_size|ob_size")                         \
	X(long_digits, long, "long_value.ob_digit|ob_digit")                  \
	X(type_name, type, "tp_name")                                         \
	X(type_basicsize, type, "tp_basicsize")                               \
	X(type_itemsize, type, "tp_itemsize")                                 \
	X(type_flags, type, "tp_flags")                                       \
	X(type_dict, type, "tp_dict")                                         \
	X(type_dictoffset, type, "tp_dictoffset")                             \
	X(heaptype_cached_keys, heaptype, "ht_cached_keys")                   \
	X(dict_used, dict, "ma_used")                                         \
	X(dict_keys, dict, "ma_keys")                                         \
	X(dict_values, dict, "ma_values")                                     \
	X(dict_mask, dict, "ma_mask")   /* 2.7 */                             \
	X(dict_table, dict, "ma_table") /* 2.7 */                             \
	X(set_used, set, "used")                                              \
	X(set_mask, set, "mask")                                              \
	X(set_table, set, "table")                                            \
	X(task_loop, task, "task_loop")                                       \
	X(task_callback0, task, "task_callback0")                             \
	X(task_callbacks, task, "task_callbacks")                             \
	X(task_state, task, "task_state")                                     \
	X(task_fut_waiter, task, "task_fut_waiter")                           \
	X(task_coro, task, "task_coro")                                       \
	X(task_name, task, "task_name")                                       \
	X(task_awaited_by, task, "task_awaited_by")                           \
	X(task_is_task, task, "task_is_task")                                 \
	X(task_awaited_by_is_set, task, "task_awaited_by_is_set")             \
	X(task_node, task, "task_node")                                       \
	X(weakref_object, weakref, "wr_object")                               \
	X(instance_class, instance, "in_class") /* 2.7 old-style */           \
	X(instance_dict, instance, "in_dict")                                 \
	X(class_name, class, "cl_name")                                       \
	X(class_dict, class, "cl_dict")

/* clang-format on */

#endif
