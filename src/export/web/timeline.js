// SPDX-License-Identifier: Apache-2.0
//
// Calls on a line of time.  All text from the run goes through textContent or
// fillText: a name may hold anything.  A row's calls follow one another, so what
// is in sight is found by halving, and no pixel is drawn twice.
"use strict";

const ROW = 22, TOP = 20, LABEL = 170, LONGEST = 50;
const $ = (id) => document.getElementById(id);
const data = JSON.parse($("data").textContent);
const START = 0, TOOK = 1, THREAD = 2, NAME = 3, FLAGS = 4, TEXT = 5, STACK = 6;
const FAILED = 1, OPEN = 2; // flags: it failed; its end or beginning is unknown

const rows = new Map();     // thread id -> its calls, by time
const all = { from: 0, to: 1 };
const view = { from: 0, to: 1 };
let wanted = null;          // a call is shown when wanted(call)
let picked = null;

// Control characters and those that turn text around are shown, not obeyed.
function visible(text) {
	return text.replace(
		/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
		(c) => "\\u" + c.charCodeAt(0).toString(16).padStart(4, "0"));
}

const name_of = (call) => visible(data.names[call[NAME]] || "?");
const stack_of = (call) => visible(data.stacks[call[STACK]] || "");
const line_of = (call) => stack_of(call).split("\n")[0];

function thread_of(id) {
	const t = data.threads[id];

	return t ? t.pid + "/" + t.tid + " " + visible(t.name) : "?";
}

function show_time(us) {
	const s = Math.abs(us) / 1e6;

	if (s >= 1)
		return s.toFixed(3) + " s";
	if (s >= 0.001)
		return (s * 1000).toFixed(3) + " ms";
	return (s * 1e6).toFixed(1) + " \u00b5s";
}

function read_calls() {
	for (const call of data.calls) {
		if (!rows.has(call[THREAD]))
			rows.set(call[THREAD], []);
		rows.get(call[THREAD]).push(call);
		all.to = Math.max(all.to, call[START] + call[TOOK]);
	}
	for (const calls of rows.values())
		calls.sort((a, b) => a[START] - b[START]);
	if (data.calls.length)
		all.from = data.calls.reduce((m, c) => Math.min(m, c[START]),
			Infinity);
	Object.assign(view, all);
}

// The first call of a row that ends behind the time.
function first_behind(calls, time) {
	let low = 0, high = calls.length;

	while (low < high) {
		const mid = (low + high) >> 1;

		if (calls[mid][START] + calls[mid][TOOK] < time)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

// ---- drawing

const canvas = $("chart"), pen = canvas.getContext("2d");
const css = (name) => getComputedStyle(document.documentElement)
	.getPropertyValue(name).trim();

const colours = new Map();

function colour_of(call) {
	const name = call[NAME];

	if (!colours.has(name)) {
		let hash = 7;

		for (const c of data.names[name] || "")
			hash = (hash * 31 + c.charCodeAt(0)) % 360;
		colours.set(name, "hsl(" + hash + " 55% 55%)");
	}
	return colours.get(name);
}

const width = () => canvas.clientWidth - LABEL;
const x_of = (time) => LABEL + (time - view.from) / (view.to - view.from) *
	width();
const time_of = (x) => view.from + (x - LABEL) / width() *
	(view.to - view.from);

function draw_axis() {
	const span = view.to - view.from;
	const step = 10 ** Math.floor(Math.log10(span / 4));
	const each = span / step > 20 ? 5 * step : span / step > 8 ? 2 * step : step;

	pen.fillStyle = css("--soft");
	pen.strokeStyle = css("--line");
	for (let t = Math.ceil(view.from / each) * each; t <= view.to; t += each) {
		const x = Math.round(x_of(t)) + 0.5;

		pen.beginPath();
		pen.moveTo(x, TOP - 4);
		pen.lineTo(x, canvas.clientHeight);
		pen.stroke();
		pen.fillText(show_time(t), x + 3, 11);
	}
}

function draw_row(calls, y) {
	let free = LABEL;

	for (let i = first_behind(calls, view.from); i < calls.length; i++) {
		const call = calls[i];
		const from = Math.max(LABEL, x_of(call[START]));
		const to = x_of(call[START] + call[TOOK]);

		if (call[START] > view.to)
			break;
		// Under a pixel: only the first of those that share it.
		if (to < free || wanted && !wanted(call))
			continue;
		const wide = Math.max(1, Math.min(to, canvas.clientWidth) - from);

		pen.globalAlpha = call[FLAGS] & OPEN ? 0.5 : 1;
		pen.fillStyle = colour_of(call);
		pen.fillRect(from, y + 2, wide, ROW - 4);
		pen.globalAlpha = 1;
		if (call[FLAGS] & FAILED) {
			pen.fillStyle = "#d0281c";
			pen.fillRect(from, y + ROW - 5, wide, 3);
		}
		if (call === picked) {
			pen.strokeStyle = css("--text");
			pen.strokeRect(from, y + 2, wide, ROW - 4);
		}
		if (wide > 30) {
			pen.save();
			pen.beginPath();
			pen.rect(from, y, wide, ROW);
			pen.clip();
			pen.fillStyle = "#101418";
			pen.fillText(name_of(call), from + 3, y + 15);
			pen.restore();
		}
		free = Math.ceil(Math.max(to, from + 1));
	}
}

function draw() {
	const scale = window.devicePixelRatio || 1;
	let y = TOP;

	canvas.style.height = TOP + rows.size * ROW + "px";
	canvas.width = canvas.clientWidth * scale;
	canvas.height = canvas.clientHeight * scale;
	pen.scale(scale, scale);
	pen.font = "12px system-ui, sans-serif";
	draw_axis();
	for (const [thread, calls] of rows) {
		draw_row(calls, y);
		pen.fillStyle = css("--back");
		pen.fillRect(0, y, LABEL - 2, ROW);
		pen.fillStyle = css("--text");
		pen.save();
		pen.beginPath();
		pen.rect(0, y, LABEL - 4, ROW);
		pen.clip();
		pen.fillText(thread_of(thread), 2, y + 15);
		pen.restore();
		y += ROW;
	}
	$("reset").disabled = view.from === all.from && view.to === all.to;
	draw_longest();
}

// ---- the table

function in_sight() {
	const found = [];

	for (const calls of rows.values())
		for (let i = first_behind(calls, view.from);
			i < calls.length && calls[i][START] <= view.to; i++)
			if (!wanted || wanted(calls[i]))
				found.push(calls[i]);
	return found;
}

function cell(tr, text, number) {
	const td = document.createElement("td");

	td.textContent = text;
	if (number)
		td.className = "number";
	tr.appendChild(td);
}

function draw_longest() {
	const found = in_sight(), body = $("longest").tBodies[0];

	$("matched").textContent = wanted ? found.length.toLocaleString("en") +
		" calls" : "";
	found.sort((a, b) => b[TOOK] - a[TOOK]);
	body.replaceChildren(...found.slice(0, LONGEST).map((call) => {
		const tr = document.createElement("tr");

		cell(tr, (call[TOOK] / 1e6).toFixed(6), true);
		cell(tr, (call[START] / 1e6).toFixed(6), true);
		cell(tr, thread_of(call[THREAD]));
		cell(tr, visible(call[TEXT]));
		cell(tr, line_of(call));
		tr.addEventListener("click", () => pick(call));
		return tr;
	}));
}

function pick(call) {
	picked = call;
	$("details").hidden = !call;
	if (call) {
		$("picked").textContent = visible(call[TEXT]) + "  " +
			show_time(call[TOOK]);
		$("stack").textContent = stack_of(call) || "no line of Python";
	}
	draw();
}

// ---- what a user does

function call_at(x, y) {
	const calls = [...rows.values()][Math.floor((y - TOP) / ROW)];
	const slack = (view.to - view.from) / width() * 2;

	if (!calls || x < LABEL || y < TOP)
		return null;
	for (let i = first_behind(calls, time_of(x) - slack); i < calls.length &&
		calls[i][START] <= time_of(x) + slack; i++)
		if (!wanted || wanted(calls[i]))
			return calls[i];
	return null;
}

function look(from, to) {
	const least = 1, span = Math.min(Math.max(to - from, least),
		all.to - all.from);

	view.from = Math.min(Math.max(from, all.from), all.to - span);
	view.to = view.from + span;
	draw();
}

function zoom(factor, around) {
	look(around - (around - view.from) * factor,
		around + (view.to - around) * factor);
}

function move(share) {
	const by = (view.to - view.from) * share;

	look(view.from + by, view.to + by);
}

function search() {
	const text = $("search").value.toLowerCase(), failed = $("failed").checked;

	wanted = !text && !failed ? null : (call) =>
		(!failed || call[FLAGS] & FAILED) &&
		(!text || call[TEXT].toLowerCase().includes(text) ||
			stack_of(call).toLowerCase().includes(text));
	draw();
}

function listen() {
	let held = null;

	canvas.addEventListener("wheel", (e) => {
		e.preventDefault();
		zoom(e.deltaY > 0 ? 1.25 : 0.8, time_of(Math.max(LABEL, e.offsetX)));
	}, { passive: false });
	canvas.addEventListener("pointerdown", (e) => {
		held = { x: e.offsetX, from: view.from, to: view.to, moved: false };
		canvas.setPointerCapture(e.pointerId);
	});
	canvas.addEventListener("pointermove", (e) => {
		const call = call_at(e.offsetX, e.offsetY), tip = $("tip");

		if (held && Math.abs(e.offsetX - held.x) > 3) {
			const by = (held.x - e.offsetX) / width() *
				(held.to - held.from);

			held.moved = true;
			look(held.from + by, held.to + by);
		}
		tip.hidden = !call || held !== null;
		if (call)
			tip.textContent = visible(call[TEXT]) + "\n" +
				show_time(call[TOOK]) + "\n" + line_of(call);
		tip.style.left = Math.min(e.clientX + 14, innerWidth - 420) + "px";
		tip.style.top = e.clientY + 16 + "px";
	});
	canvas.addEventListener("pointerup", (e) => {
		if (held && !held.moved)
			pick(call_at(e.offsetX, e.offsetY));
		held = null;
	});
	canvas.addEventListener("pointerleave", () => { $("tip").hidden = true; });
	$("reset").addEventListener("click", () => look(all.from, all.to));
	$("search").addEventListener("input", search);
	$("failed").addEventListener("change", search);
	addEventListener("resize", draw);
	matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
	addEventListener("keydown", (e) => {
		const middle = (view.from + view.to) / 2;

		if (e.target === $("search")) {
			if (e.key === "Escape")
				$("search").blur();
			return;
		}
		if (e.key === "/") {
			e.preventDefault();
			$("search").focus();
		} else if (e.key === "0")
			look(all.from, all.to);
		else if (e.key === "+" || e.key === "=")
			zoom(0.5, middle);
		else if (e.key === "-")
			zoom(2, middle);
		else if (e.key === "ArrowLeft" || e.key === "ArrowRight")
			move(e.key === "ArrowLeft" ? -0.2 : 0.2);
	});
}

function draw_words() {
	const n = data.calls.length.toLocaleString("en");

	$("title").textContent = visible(data.title);
	document.title = visible(data.title) + " - hognose";
	$("facts").textContent = n + " system calls of " + rows.size +
		(rows.size === 1 ? " thread" : " threads") + " in " +
		show_time(all.to - all.from) + (data.more ? "; " +
		data.more.toLocaleString("en") + " later ones are left out, as the " +
		"page would be too large" : "");
	$("made").textContent = "hognose " + data.version + " on " + data.machine +
		": " + visible(data.command);
	$("empty").hidden = data.calls.length > 0;
	$("empty").textContent = "no system call was seen";
}

read_calls();
draw_words();
listen();
draw();
