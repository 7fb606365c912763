// SPDX-License-Identifier: Apache-2.0
//
// The viewer.  All text from the run goes through textContent: a name may hold
// anything.  Only what is at least a pixel wide and in sight is an element, so
// the cost of a click does not grow with the run.
"use strict";

const ROW = 18;           // pixels from one frame to the next
const NARROW = 1;         // pixels: narrower frames are not drawn
const TEXT = 24;          // pixels: narrower frames get no text
const ROWS_FIRST = 200;   // rows of the table before "show more"
const KIND = ["Python", "native", "kernel", "marker", "process", "thread"];
const $ = (id) => document.getElementById(id);

const data = JSON.parse($("data").textContent);
const functions = data.functions;
const fn_count = functions.name.length;
const text_of = (id) => visible(data.strings[id] || "");

const state = {
	who: "",           // "", "pN" or "tN": whose samples count
	split: data.threads_apart,
	lines: data.lines,
	flip: false,
	search: "",
	picked: -1,        // a function marked from the table
	zoom: 0,           // node of tree
	sort: "self",
	down: true,
	rows: ROWS_FIRST,
};
let tree = null;           // what is drawn
let rows = [];             // functions of the same samples
let hit_functions = null;  // 1 for each function that is marked, or null

// Control characters and those that turn text around are shown, not obeyed.
function visible(text) {
	return text.replace(
		/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
		(c) => "\\u" + c.charCodeAt(0).toString(16).padStart(4, "0"));
}

function el(tag, text, cls) {
	const e = document.createElement(tag);

	if (text !== undefined)
		e.textContent = text;
	if (cls)
		e.className = cls;
	return e;
}

// ---- numbers as people read them

const seconds_of = (weight) => weight / data.slot * data.slot_seconds;

function show_seconds(weight) {
	const s = seconds_of(weight);

	if (data.unit && data.unit !== "s")
		return count(Math.round(s)) + " " + data.unit;
	if (s >= 100)
		return s.toFixed(0) + " s";
	if (s >= 1)
		return s.toFixed(2) + " s";
	return (s * 1000).toFixed(s >= 0.1 ? 0 : 1) + " ms";
}

const share_of = (weight) => tree.total[0] ? 100 * weight / tree.total[0] : 0;

function show_share(weight) {
	const p = share_of(weight);

	return (p >= 10 ? p.toFixed(1) : p.toFixed(2)) + " %";
}

const count = (n) => n.toLocaleString("en");

// ---- the tree: samples of the chosen threads, under the chosen frames

function chosen(thread) {
	if (state.who === "")
		return true;
	return state.who[0] === "t" ?
		thread === +state.who.slice(1) :
		data.threads[thread].process === +state.who.slice(1);
}

// A drawn frame is told by a key: a frame of the data, a function (its lines
// merged), or a process or thread that the page puts above them.
const FRAMES = data.frames.function.length;
const KEY_FUNCTION = FRAMES;
const KEY_PROCESS = KEY_FUNCTION + fn_count;
const KEY_THREAD = KEY_PROCESS + data.processes.length;
const KEYS = KEY_THREAD + data.threads.length;

function key_kind(key) {
	if (key >= KEY_THREAD)
		return 5;
	if (key >= KEY_PROCESS)
		return 4;
	return functions.kind[key_function(key)];
}

// The function of a key, -1 for processes and threads.
function key_function(key) {
	if (key >= KEY_PROCESS)
		return -1;
	return key >= KEY_FUNCTION ? key - KEY_FUNCTION :
		data.frames.function[key];
}

function key_line(key) {
	if (key < KEY_FUNCTION && data.frames.line[key] > 0)
		return data.frames.line[key];
	return 0;
}

function key_name(key) {
	if (key >= KEY_THREAD) {
		const t = data.threads[key - KEY_THREAD];

		return visible(t.name || "thread") + " (thread " + t.tid + ")";
	}
	if (key >= KEY_PROCESS) {
		const p = data.processes[key - KEY_PROCESS];

		return visible(p.name || "process") + " (process " + p.pid + ")";
	}
	return text_of(functions.name[key_function(key)]);
}

function place_of(f, line, full) {
	const file = text_of((full ? functions.path : functions.file)[f]);
	const at = line || functions.line[f];

	return file && at > 0 ? file + ":" + at : file;
}

function key_label(key) {
	const f = key_function(key);

	if (f < 0 || functions.kind[f] === 3)
		return key_name(key);
	return key_name(key) + "  " + (key < KEY_FUNCTION ?
		place_of(f, key_line(key)) : text_of(functions.file[f]));
}

const labels = new Array(KEYS);
const label_of = (key) => labels[key] || (labels[key] = key_label(key));

function Tree() {
	this.parent = [0];
	this.key = [-1];
	this.self = [0];
	this.index = new Map();
}

Tree.prototype.child = function (parent, key) {
	const id = parent * (KEYS + 1) + key;
	let node = this.index.get(id);

	if (node === undefined) {
		node = this.parent.length;
		this.index.set(id, node);
		this.parent.push(parent);
		this.key.push(key);
		this.self.push(0);
	}
	return node;
};

// Where a thread's stacks hang.
function top_node(t, thread) {
	const process = data.threads[thread] ? data.threads[thread].process : 0;
	let top = 0;

	if (data.processes.length > 1)
		top = t.child(top, KEY_PROCESS + process);
	if (state.split && data.threads.length)
		top = t.child(top, KEY_THREAD + thread);
	return top;
}

// The node for a node of the data under top; known maps what was asked before.
function node_under(t, top, at, known) {
	const path = [];
	let node;

	while (at && (node = known.get(at)) === undefined) {
		path.push(at);
		at = data.nodes.parent[at];
	}
	if (!at)
		node = top;
	while (path.length) {
		const below = path.pop();
		const frame = data.nodes.frame[below];

		node = t.child(node, state.lines && data.lines ? frame :
			KEY_FUNCTION + data.frames.function[frame]);
		known.set(below, node);
	}
	return node;
}

// The common case needs no look-ups: the data's own tree, less what the chosen
// threads never did.
function build_plain() {
	const t = new Tree(), s = data.samples, up = data.nodes.parent;
	const n = up.length, self = new Float64Array(n);
	const seen = new Uint8Array(n), id = new Int32Array(n);

	for (let i = 0; i < s.node.length; i++)
		if (chosen(s.thread[i]))
			self[s.node[i]] += s.weight[i];
	for (let i = n - 1; i > 0; i--) {
		if (self[i])
			seen[i] = 1;
		if (seen[i])
			seen[up[i]] = 1;
	}
	t.self[0] = self[0];
	for (let i = 1; i < n; i++) {
		if (!seen[i])
			continue;
		id[i] = t.parent.length;
		t.parent.push(id[up[i]]);
		t.key.push(data.nodes.frame[i]);
		t.self.push(self[i]);
	}
	return t;
}

function build_tree() {
	const plain = data.processes.length <= 1 && !state.split &&
		state.lines && data.lines;
	const t = plain ? build_plain() : build_under_tops();

	t.index = null;
	finish_tree(t);
	return t;
}

function build_under_tops() {
	const t = new Tree(), known = new Map(), s = data.samples;

	for (let i = 0; i < s.node.length; i++) {
		if (!chosen(s.thread[i]))
			continue;

		const top = top_node(t, s.thread[i]);

		if (!known.has(top))
			known.set(top, new Map());
		t.self[node_under(t, top, s.node[i], known.get(top))] +=
			s.weight[i];
	}
	return t;
}

// Deals all nodes to their names, then takes the names from the last to the
// first and puts each node before those of its siblings that are there.
function chain_children(t, n) {
	const keys = [...new Set(t.key)].filter((k) => k >= 0);
	const first = new Int32Array(KEYS), next = new Int32Array(n);

	t.first = new Int32Array(n);
	t.next = new Int32Array(n);
	for (let i = 1; i < n; i++) {
		next[i] = first[t.key[i]];
		first[t.key[i]] = i;
	}
	keys.sort((a, b) => label_of(a) < label_of(b) ? 1 : -1);
	for (const key of keys) {
		for (let i = first[key]; i; i = next[i]) {
			t.next[i] = t.first[t.parent[i]];
			t.first[t.parent[i]] = i;
		}
	}
}

// Totals, children in the order of their names, and where each one begins.
function finish_tree(t) {
	const n = t.parent.length;

	t.total = Float64Array.from(t.self);
	for (let i = n - 1; i > 0; i--)
		t.total[t.parent[i]] += t.total[i];
	chain_children(t, n);
	t.start = new Float64Array(n);
	t.depth = new Int32Array(n);
	for (let i = 0; i < n; i++) {
		let x = t.start[i];

		for (let c = t.first[i]; c; c = t.next[c]) {
			t.start[c] = x;
			t.depth[c] = t.depth[i] + 1;
			x += t.total[c];
		}
	}
}

// Calls enter and leave of every node, depth first.
function walk(t, enter, leave) {
	let at = t.first[0];

	while (at) {
		enter(at);
		if (t.first[at]) {
			at = t.first[at];
			continue;
		}
		leave(at);
		while (!t.next[at] && t.parent[at]) {
			at = t.parent[at];
			leave(at);
		}
		at = t.next[at];
	}
}

// Own and total time by function; a recursive one counts once per stack.
function build_rows(t) {
	const self = new Float64Array(fn_count), total = new Float64Array(fn_count);
	const depth = new Int32Array(fn_count);

	walk(t, (i) => {
		const f = key_function(t.key[i]);

		if (f < 0)
			return;
		self[f] += t.self[i];
		if (depth[f]++ === 0)
			total[f] += t.total[i];
	}, (i) => {
		const f = key_function(t.key[i]);

		if (f >= 0)
			depth[f]--;
	});
	const made = [];
	for (let f = 0; f < fn_count; f++)
		if (total[f])
			made.push({
				f, self: self[f], total: total[f],
				name: text_of(functions.name[f]),
				place: place_of(f, 0),
			});
	return made;
}

// ---- colours: a hue per package, so that neighbours of one kind look alike

const HUES = [28, 42, 14, 54, 90, 150, 190, 210, 260, 340];

function hash(text) {
	let h = 7;

	for (let i = 0; i < text.length; i++)
		h = (Math.imul(h, 31) + text.charCodeAt(i)) | 0;
	return h >>> 0;
}

function package_of(file) {
	const parts = file.split("/").filter((p) => p);
	const site = parts.lastIndexOf("site-packages");

	return site >= 0 ? parts[site + 1] || "" : parts[0] || "";
}

const colours = new Array(KEYS);

function colour_of(key) {
	if (colours[key])
		return colours[key];

	const kind = key_kind(key), f = key_function(key);
	let c;

	if (kind >= 4)
		c = "#b9c4d2";
	else if (kind === 3)
		c = "#cfcfcf";
	else if (kind === 2)
		c = "hsl(275 45% 80%)";
	else if (kind === 1)
		c = "hsl(205 40% 76%)";
	else
		c = "hsl(" + HUES[hash(package_of(text_of(functions.file[f]))) %
			HUES.length] + " 72% " +
			(70 + hash(text_of(functions.name[f])) % 13) + "%)";
	colours[key] = c;
	return c;
}

// ---- the graph

const graph = $("flamegraph"), panel = $("graph-panel");
const pool = [];
let used = 0, deepest = 0;

function frame_element() {
	if (used === pool.length) {
		pool.push(el("div"));
		pool[used].was = {};
		graph.appendChild(pool[used]);
	}
	return pool[used++];
}

function draw_frame(node, x, width, depth) {
	const e = frame_element(), key = tree.key[node];
	const hit = hit_functions && key >= 0 && is_hit(key);
	let cls = "f";

	if (width < TEXT)
		cls += " thin";
	if (hit)
		cls += " hit";
	else if (hit_functions && node)
		cls += " dim";
	if (depth < tree.depth[state.zoom])
		cls += " up";
	e.node = node;
	put(e, "className", cls);
	put(e, "textContent", width < TEXT ? "" :
		node ? label_of(key) : "all  " + show_seconds(tree.total[0]));
	// A pixel of air between neighbours, as long as there is one to spare.
	put(e, "style", "transform:translate(" + x.toFixed(1) + "px," +
		depth_to_y(depth) + "px);width:" +
		(width - (width > 3 ? 1 : 0.2)).toFixed(1) + "px;background:" +
		(node ? colour_of(key) : "#d9dde2"));
	put(e, "hidden", false);
}

// Sets what has changed: the browser's work, not ours, is what takes time.
function put(e, name, value) {
	if (e.was[name] === value)
		return;
	e.was[name] = value;
	if (name === "style")
		e.style.cssText = value;
	else
		e[name] = value;
}

const depth_to_y = (depth) =>
	(state.flip ? deepest - depth : depth) * ROW;

// Is the row of this depth in sight (or nearly)?  Asking the panel between
// changes would make it lay itself out each time: draw() asks once.
let sight_top = 0, sight_end = 0;

function in_sight(depth) {
	const y = depth_to_y(depth);

	return y > sight_top && y < sight_end;
}

// Everything in sight that is wide enough; the way up is drawn in full width.
function draw() {
	const width = graph.clientWidth;
	const scale = width / (tree.total[state.zoom] || 1);
	const stack = [state.zoom];

	sight_top = panel.scrollTop - 20 * ROW;
	sight_end = panel.scrollTop + panel.clientHeight + 20 * ROW;
	used = 0;
	for (let i = state.zoom; i; ) {
		i = tree.parent[i];
		if (in_sight(tree.depth[i]))
			draw_frame(i, 0, width, tree.depth[i]);
	}
	while (stack.length) {
		const i = stack.pop(), w = tree.total[i] * scale;

		if (w < NARROW)
			continue;
		if (in_sight(tree.depth[i]))
			draw_frame(i, (tree.start[i] - tree.start[state.zoom]) *
				scale, w, tree.depth[i]);
		for (let c = tree.first[i]; c; c = tree.next[c])
			stack.push(c);
	}
	for (let i = used; i < pool.length; i++)
		put(pool[i], "hidden", true);
}

// The depth that the zoomed picture reaches.
function measure() {
	const scale = graph.clientWidth / (tree.total[state.zoom] || 1);
	const stack = [state.zoom];

	deepest = 0;
	while (stack.length) {
		const i = stack.pop();

		if (tree.total[i] * scale < NARROW)
			continue;
		deepest = Math.max(deepest, tree.depth[i]);
		for (let c = tree.first[i]; c; c = tree.next[c])
			stack.push(c);
	}
	graph.style.height = (deepest + 1) * ROW + "px";
}

function redraw() {
	$("tip").hidden = true; // what it spoke of has moved
	measure();
	draw();
	$("reset").disabled = state.zoom === 0;
}

function zoom(node) {
	state.zoom = node;
	redraw();
	// Show the frame itself, not the long way up to it.
	const y = depth_to_y(tree.depth[node]);
	if (y < panel.scrollTop || y > panel.scrollTop + panel.clientHeight - ROW)
		panel.scrollTop = Math.max(0, y - 3 * ROW);
	draw();
}

// ---- search and marks

function is_hit(key) {
	const f = key_function(key);

	if (f >= 0)
		return hit_functions[f] === 1;
	return state.search !== "" && matches(key_name(key));
}

const matches = (text) => text.toLowerCase().includes(state.search);

function mark() {
	const names = state.search !== "";

	hit_functions = null;
	$("matched").textContent = "";
	if (!names && state.picked < 0)
		return;
	hit_functions = new Uint8Array(fn_count);
	for (let f = 0; f < fn_count; f++)
		hit_functions[f] = +(f === state.picked || (names &&
			matches(text_of(functions.name[f]) + " " +
				place_of(f, 0))));
	// What is under a match belongs to it: count the outermost ones.
	let inside = 0, sum = 0, frames = 0;
	walk(tree, (i) => {
		if (is_hit(tree.key[i])) {
			frames++;
			if (inside++ === 0)
				sum += tree.total[i];
		}
	}, (i) => {
		if (is_hit(tree.key[i]))
			inside--;
	});
	$("matched").textContent = frames ?
		"matched " + show_share(sum) : "no match";
}

// ---- the table

function row_element(row) {
	const tr = el("tr");

	for (const key of ["self", "total"]) {
		const td = el("td", show_seconds(row[key]) +
			show_share(row[key]).padStart(9), "number");

		td.style.setProperty("--share", share_of(row[key]) + "%");
		tr.appendChild(td);
	}
	const name = el("td", row.name), place = el("td", row.place, "place");
	name.title = row.name;
	place.title = place_of(row.f, 0, true);
	tr.append(name, place);
	tr.row = row;
	tr.classList.toggle("picked", row.f === state.picked);
	return tr;
}

function draw_table() {
	const by = state.sort, sign = state.down ? -1 : 1;
	const shown = rows.filter((r) => state.search === "" ||
		matches(r.name + " " + r.place));

	shown.sort((a, b) => {
		if (a[by] !== b[by])
			return a[by] < b[by] ? -sign : sign;
		return b.self - a.self || b.total - a.total || a.f - b.f;
	});
	const body = document.createDocumentFragment();
	for (const row of shown.slice(0, state.rows))
		body.appendChild(row_element(row));
	document.querySelector("#functions tbody").replaceChildren(body);
	const left = shown.length - state.rows;
	$("more").hidden = left <= 0;
	$("more").textContent = "Show " + count(Math.max(0, left)) + " more";
	for (const th of document.querySelectorAll("#functions th"))
		th.setAttribute("aria-sort", th.dataset.key !== by ? "none" :
			state.down ? "descending" : "ascending");
}

// ---- the head: what was run, how, and what was not seen

function bold_facts(parts) {
	const p = $("facts");

	for (const [value, rest] of parts) {
		if (p.childNodes.length)
			p.append(" \u00b7 ");
		p.append(el("b", visible(String(value))), rest);
	}
}

function add_loss(name, value, cls) {
	const li = el("li", value + " " + name.replace("_", " "), cls);

	li.title = data.meanings[name] || "";
	li.dataset.name = name;
	$("losses").appendChild(li);
}

function draw_losses() {
	const s = data.stats, of = Math.max(1, s.stacks), slots = Math.max(1, s.slots);

	if (data.unit || s.samples === 0 && data.empty === undefined)
		return;
	for (const name of ["late", "missed", "torn", "unreadable", "truncated",
		"repaired", "unstopped"]) {
		const n = s[name] || 0;
		const all = name === "late" || name === "missed" ? slots : of;
		const bad = name === "late" || name === "repaired" ? 2 : 0.01;

		add_loss(name, count(n), n === 0 ? "" :
			n / all > bad ? "bad" : "warn");
	}
	if (s.unseen)
		add_loss("unseen", count(s.unseen), "warn");
	const wrong = s.estimated_wrong || 0;
	add_loss("estimated_wrong", (wrong * 100).toPrecision(2).replace(
		/^0\.0$/, "0") + " %", wrong > 0.01 ? "bad" : wrong > 0 ? "warn" : "");
}

function draw_head() {
	const s = data.stats, n = data.processes.length;

	$("title").textContent = visible(data.title);
	document.title = visible(data.title) + " - hognose";
	bold_facts([
		data.unit ? [count(data.calls), " system calls"] :
			[count(s.samples), " samples"],
		[s.wall_seconds.toFixed(1) + " s", ""],
		...(data.unit ? [] : [[data.rate_hz + " Hz", ""],
			[data.mode + " time", data.idle ?
				" with idle threads" : ""]]),
		["Python " + data.python, ""],
		[count(data.threads.length), data.threads.length === 1 ?
			" thread" : " threads"],
		...(n > 1 ? [[count(n), " processes"]] : []),
	]);
	const when = new Date(data.start_ms);
	$("made").textContent = (data.start_ms ? when.toISOString().replace("T",
		" ").slice(0, 19) + " UTC, " : "") + "hognose " + data.version +
		" on " + data.machine + ", " + (s.cpu_seconds || 0).toFixed(2) +
		" s of CPU for itself" +
		(data.command ? ": " + visible(data.command) : "");
}

function draw_who() {
	const who = $("who");
	const by_process = data.processes.map(() => []);

	who.append(new Option("all threads", ""));
	data.threads.forEach((t, i) => {
		if (by_process[t.process])
			by_process[t.process].push(i);
	});
	data.processes.forEach((p, i) => {
		if (data.processes.length > 1)
			who.append(new Option(key_name(KEY_PROCESS + i), "p" + i));
		for (const t of by_process[i])
			who.append(new Option((data.processes.length > 1 ?
				"\u2003" : "") + key_name(KEY_THREAD + t), "t" + t));
	});
	who.hidden = data.threads.length < 2;
	$("split").parentNode.hidden = data.threads.length < 2;
	$("lines-label").hidden = !data.lines;
}

// ---- the tooltip

function tip_line(table, name, weight) {
	const tr = el("tr");

	tr.append(el("td", name), el("td", show_share(weight)),
		el("td", show_seconds(weight)));
	// CPU time is weighed, not counted.
	if (data.mode !== "cpu" && !data.unit)
		tr.append(el("td", count(weight / data.slot) + " stacks"));
	table.appendChild(tr);
}

function fill_tip(node) {
	const tip = $("tip"), key = tree.key[node], f = node ? key_function(key) : -1;
	const table = el("table");

	tip.replaceChildren(el("b", node ? key_name(key) : "all samples"));
	if (!node && data.threads.length > 1)
		tip.append(el("div", "the time of all threads shown, added up",
			"where"));
	if (f >= 0 && functions.kind[f] !== 3) {
		tip.append(el("div", place_of(f, key_line(key), true), "where"));
		if (functions.kind[f])
			tip.append(el("div", KIND[functions.kind[f]], "where"));
	}
	tip_line(table, "total", tree.total[node]);
	tip_line(table, "own", tree.self[node]);
	tip.append(table);
}

function move_tip(event) {
	const tip = $("tip");
	const node = event.target.node;

	tip.hidden = node === undefined;
	if (tip.hidden)
		return;
	if (tip.node !== node)
		fill_tip(node);
	tip.node = node;
	const box = tip.getBoundingClientRect();
	const right = event.clientX + 14 + box.width < innerWidth;
	const below = event.clientY + 18 + box.height < innerHeight;
	tip.style.left = Math.max(4, right ? event.clientX + 14 :
		event.clientX - 14 - box.width) + "px";
	tip.style.top = Math.max(4, below ? event.clientY + 18 :
		event.clientY - 12 - box.height) + "px";
}

// ---- putting it together

function rebuild() {
	tree = build_tree();
	rows = build_rows(tree);
	state.zoom = 0;
	$("tip").node = undefined;
	$("empty").hidden = tree.total[0] > 0;
	$("empty").textContent = data.empty || "no sample of this thread";
	graph.hidden = tree.total[0] === 0;
	mark();
	redraw();
	draw_table();
}

function search(text) {
	state.search = text.trim().toLowerCase();
	state.picked = -1;
	state.rows = ROWS_FIRST;
	mark();
	draw();
	draw_table();
}

function pick(f) {
	state.picked = state.picked === f ? -1 : f;
	mark();
	draw();
	draw_table();
}

function flip(on) {
	state.flip = on;
	$("flip").checked = on;
	redraw();
	panel.scrollTop = on ? panel.scrollHeight : 0;
	draw();
}

function on_key(event) {
	const typing = event.target.id === "search";

	if (event.ctrlKey || event.metaKey || event.altKey)
		return;
	if (event.key === "Escape") {
		if (state.search !== "" || state.picked >= 0) {
			$("search").value = "";
			search("");
		} else if (!typing) {
			zoom(0);
		}
		$("search").blur();
	} else if (typing) {
		return;
	} else if (event.key === "/") {
		$("search").focus();
		$("search").select();
	} else if (event.key === "0") {
		zoom(0);
	} else if (event.key === "i") {
		flip(!state.flip);
	} else {
		return;
	}
	event.preventDefault();
}

function sort_by(key) {
	state.down = state.sort === key ? !state.down :
		key === "self" || key === "total";
	state.sort = key;
	draw_table();
}

function listen() {
	let wait = 0;

	$("search").addEventListener("input", (e) => {
		clearTimeout(wait);
		wait = setTimeout(() => search(e.target.value), 60);
	});
	$("who").addEventListener("change", (e) => {
		state.who = e.target.value;
		rebuild();
	});
	for (const id of ["split", "lines"])
		$(id).addEventListener("change", (e) => {
			state[id] = e.target.checked;
			rebuild();
		});
	$("flip").addEventListener("change", (e) => flip(e.target.checked));
	$("reset").addEventListener("click", () => zoom(0));
	$("more").addEventListener("click", () => {
		state.rows = Infinity;
		draw_table();
	});
	graph.addEventListener("click", (e) => {
		if (e.target.node !== undefined)
			zoom(e.target.node);
	});
	graph.addEventListener("mousemove", move_tip);
	graph.addEventListener("mouseleave", () => { $("tip").hidden = true; });
	panel.addEventListener("scroll", () => requestAnimationFrame(draw));
	document.querySelector("#functions thead").addEventListener("click", (e) => {
		const th = e.target.closest("th");

		if (th)
			sort_by(th.dataset.key);
	});
	document.querySelector("#functions tbody").addEventListener("click", (e) => {
		const tr = e.target.closest("tr");

		if (tr && getSelection().isCollapsed)
			pick(tr.row.f);
	});
	document.addEventListener("keydown", on_key);
	addEventListener("resize", redraw);
}

$("split").checked = state.split;
$("lines").checked = state.lines;
draw_head();
draw_losses();
draw_who();
listen();
rebuild();
document.documentElement.dataset.ready = performance.now().toFixed(0);
