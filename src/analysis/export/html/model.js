// The data of the page: decoded from the blocks that export --to=html has written (html.c).

const END_WORDS = [
    'returned', 'uncertain', 'unwound', 'lost', 'replaced', 'at-end', 'no-exits', 'no-thread', 'no-entry',
];
const KEPT_GROUP = 1, KEPT_THREAD = 2, KEPT_ARGUMENTS = 4, KEPT_RESULTS = 8, KEPT_DURATION = 16, KEPT_END_SHIFT = 5;

function bytesOfBase64(text) {
    if (Uint8Array.fromBase64)
        return Uint8Array.fromBase64(text);
    const binary = atob(text);
    const bytes = new Uint8Array(binary.length);
    for (let i = 0; i < bytes.length; i++)
        bytes[i] = binary.charCodeAt(i);
    return bytes;
}

// The bytes of a block. Its element is removed: it is not needed any more.
async function readBlock(id) {
    const element = document.getElementById(id);
    const packed = new Blob([bytesOfBase64(element.textContent)]);
    element.remove();
    const stream = packed.stream().pipeThrough(new DecompressionStream('deflate'));
    return new Uint8Array(await new Response(stream).arrayBuffer());
}

// Numbers of seven bits a byte, the lowest first.
class Numbers {
    constructor(bytes) {
        this.bytes = bytes;
        this.at = 0;
    }

    next() {
        let byte = this.bytes[this.at++];
        if (byte < 128)
            return byte;
        let value = byte & 127;
        for (let scale = 128; byte > 127; scale *= 128) {
            byte = this.bytes[this.at++];
            value += (byte & 127) * scale;
        }
        return value;
    }

    nextSigned() {
        const value = this.next();
        return value % 2 ? -(value + 1) / 2 : value / 2;
    }
}

// The flame graph: paths in depth-first order.
function decodePaths(bytes, names, count) {
    const paths = {
        count,
        names,
        depth: new Uint32Array(count),
        parent: new Int32Array(count),
        name: new Uint32Array(count),
        calls: new Float64Array(count),
        returned: new Float64Array(count),
        total: new Float64Array(count),
        self: new Float64Array(count),
        weight: new Float64Array(count),
        after: new Uint32Array(count), // the first path that is not below this one
    };
    const numbers = new Numbers(bytes);
    const open = [];
    for (let i = 0; i < count; i++) {
        const depth = paths.depth[i] = numbers.next();
        for (const column of ['name', 'calls', 'returned'])
            paths[column][i] = numbers.next();
        paths.total[i] = numbers.nextSigned();
        paths.self[i] = numbers.nextSigned();
        paths.weight[i] = numbers.next();
        while (open.length >= depth)
            paths.after[open.pop()] = i;
        paths.parent[i] = open.length ? open[open.length - 1] : -1;
        open.push(i);
    }
    for (const i of open)
        paths.after[i] = count;
    return paths;
}

// The numbers of rows: one for each depth of each thread.
class Rows {
    constructor() {
        this.list = []; // { thread, depth, from, to }
        this.byThread = new Map();
    }

    of(thread, depth) {
        let rows = this.byThread.get(thread);
        if (!rows)
            this.byThread.set(thread, rows = []);
        if (rows[depth] === undefined) {
            rows[depth] = this.list.length;
            this.list.push({ thread, depth, from: 0, to: 0 });
        }
        return rows[depth];
    }
}

// The columns of calls, one call after another, as they stand in the blocks.
function decodeCalls(kindBytes, timeBytes, count) {
    const kinds = new Numbers(kindBytes), times = new Numbers(timeBytes);
    const rows = new Rows();
    const calls = {
        rows,
        row: new Uint32Array(count),
        bits: new Uint16Array(count),
        what: new Uint32Array(count), // the function, or of a group the number of calls
        begin: new Float64Array(count),
        end: new Float64Array(count),
        took: new Float64Array(count),
        text: new Uint32Array(count), // the number of the first text
    };
    const last = new Map();
    let thread = 0, texts = 0;
    for (let i = 0; i < count; i++) {
        const bits = calls.bits[i] = kinds.next();
        if (bits & KEPT_THREAD)
            thread = kinds.next();
        let before = last.get(thread);
        if (!before)
            last.set(thread, before = { depth: 0, end: 0 });
        calls.what[i] = kinds.next();
        before.depth += kinds.nextSigned();
        calls.row[i] = rows.of(thread, before.depth);
        calls.begin[i] = before.end + times.nextSigned();
        const length = times.next();
        before.end = calls.end[i] = calls.begin[i] + length;
        calls.took[i] = length + (bits & KEPT_DURATION ? times.nextSigned() : 0);
        calls.text[i] = texts;
        texts += (bits & KEPT_ARGUMENTS ? 1 : 0) + (bits & KEPT_RESULTS ? 1 : 0);
    }
    calls.count = count;
    return calls;
}

// Sorts calls by rows; in a row they are in the order of their times already.
function sortByRow(calls) {
    const next = new Uint32Array(calls.rows.list.length + 1);
    for (let i = 0; i < calls.count; i++)
        next[calls.row[i] + 1]++;
    calls.rows.list.forEach((row, r) => {
        row.from = next[r];
        next[r + 1] += next[r];
        row.to = next[r + 1];
    });
    const place = new Uint32Array(calls.count);
    for (let i = 0; i < calls.count; i++)
        place[i] = next[calls.row[i]]++;
    for (const name of ['row', 'bits', 'what', 'begin', 'end', 'took', 'text']) {
        const from = calls[name], to = new from.constructor(calls.count);
        for (let i = 0; i < calls.count; i++)
            to[place[i]] = from[i];
        calls[name] = to;
    }
}

// Where each text begins. Texts end with a newline, and have none.
function textStarts(bytes) {
    let count = 0;
    for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1))
        count++;
    const starts = new Uint32Array(count + 1);
    for (let i = 0; i < count; i++)
        starts[i + 1] = bytes.indexOf(10, starts[i]) + 1;
    return starts;
}

function splitLines(bytes) {
    const text = new TextDecoder().decode(bytes);
    return text ? text.trimEnd().split('\n') : [];
}

// "name = value" of each member of an object in JSON. Values stay as they were written: numbers may
// be too large for JavaScript.
function membersOf(json) {
    const members = [];
    const pattern = /\s*("(?:[^"\\]|\\.)*")\s*:\s*("(?:[^"\\]|\\.)*"|[^",{}]+)\s*,?/y;
    pattern.lastIndex = 1;
    for (let found; (found = pattern.exec(json));)
        members.push([JSON.parse(found[1]), found[2].trim()]);
    return members;
}

async function readModel() {
    const ids = ['facts', 'paths', 'names', 'kinds', 'times', 'texts'];
    const [factBytes, paths, names, kinds, times, texts] =
        await Promise.all(ids.map((id) => readBlock('block-' + id)));
    const facts = JSON.parse(new TextDecoder().decode(factBytes));
    const calls = decodeCalls(kinds, times, facts.timeline.calls + facts.timeline.groups);
    sortByRow(calls);
    const functions = facts.functions.map(([module, name, file, line]) => ({
        module, name, file, line, full: module ? module + ':' + name : name,
    }));
    const model = {
        facts,
        functions,
        paths: decodePaths(paths, splitLines(names).map((name) => JSON.parse(name)), facts.paths.count),
        calls,
        texts,
        textStarts: textStarts(texts),
        begin: 0,
        end: 0,
    };
    for (let i = 0; i < calls.count; i++) {
        model.begin = Math.min(model.begin, calls.begin[i]);
        model.end = Math.max(model.end, calls.end[i]);
    }
    return model;
}

function textOf(model, number) {
    const bytes = model.texts.subarray(model.textStarts[number], model.textStarts[number + 1] - 1);
    return new TextDecoder().decode(bytes);
}

// The arguments and the results of a call, as [name, value].
function valuesOf(model, i) {
    const { bits, text } = model.calls;
    const has = bits[i] & KEPT_ARGUMENTS ? 1 : 0;
    return {
        arguments: has ? membersOf(textOf(model, text[i])) : [],
        results: bits[i] & KEPT_RESULTS ? membersOf(textOf(model, text[i] + has)) : [],
    };
}
