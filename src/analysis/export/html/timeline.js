// The timeline: the calls of each thread, those inside others below them. Where there are more calls
// than pixels, a column stands for all that begin in it.

const AXIS_HEIGHT = 26, THREAD_HEIGHT = 26, CALL_HEIGHT = 18, SPAN_LEAST = 20;
const ALONE_WIDTH = 2; // pixels: wider calls are always drawn by themselves

class Timeline extends Chart {
    constructor(model, search) {
        super(document.getElementById('timeline-chart'));
        this.model = model;
        this.calls = model.calls;
        this.search = search;
        this.headHeight = AXIS_HEIGHT;
        this.selected = -1;
        this.closed = new Set();
        this.status = document.getElementById('timeline-status');
        this.details = document.getElementById('timeline-details');
        this.begin = model.begin;
        this.end = Math.max(model.end, model.begin + SPAN_LEAST);
        this.from = this.begin;
        this.to = this.end;
        this.threads = [...this.calls.rows.byThread.keys()].sort((a, b) => a - b);
        this.callsBefore = this.countCalls();
        this.placeRows();
        new TimelineInput(this);
        search.listeners.push(() => this.markFound());
    }

    // What is at which height: { y, height, thread, row }; row -1: the name of the thread.
    placeRows() {
        this.places = [];
        this.placeOfRow = new Map();
        let y = 0;
        for (const thread of this.threads) {
            this.places.push({ y, height: THREAD_HEIGHT, thread, row: -1 });
            y += THREAD_HEIGHT;
            if (this.closed.has(thread))
                continue;
            for (const row of this.calls.rows.byThread.get(thread)) {
                if (row !== undefined) {
                    this.placeOfRow.set(row, y);
                    this.places.push({ y, height: CALL_HEIGHT, thread, row });
                }
                y += CALL_HEIGHT;
            }
            y += 8;
        }
        this.rowsHeight = y;
    }

    contentHeight() {
        return AXIS_HEIGHT + this.rowsHeight;
    }

    toggle(thread) {
        if (!this.closed.delete(thread))
            this.closed.add(thread);
        this.placeRows();
        this.layout();
    }

    // How many calls are before each place in the columns: a group stands for several.
    countCalls() {
        const { count, what, bits } = this.calls;
        const before = new Float64Array(count + 1);
        for (let i = 0; i < count; i++)
            before[i + 1] = before[i] + (bits[i] & KEPT_GROUP ? what[i] : 1);
        return before;
    }

    // How many of the calls before each are found.
    markFound() {
        const { count, what, bits } = this.calls;
        this.foundBefore = null;
        if (this.search.isOn) {
            const found = this.model.functions.map((each) => this.search.matches(each.full));
            this.foundBefore = new Uint32Array(count + 1);
            for (let i = 0; i < count; i++)
                this.foundBefore[i + 1] = this.foundBefore[i] + (!(bits[i] & KEPT_GROUP) && found[what[i]] ? 1 : 0);
        }
        this.redraw();
    }

    isFound(i, next = i + 1) {
        return this.foundBefore ? this.foundBefore[next] > this.foundBefore[i] : false;
    }

    // ---- what is shown

    show(from, to) {
        const whole = this.end - this.begin;
        const span = Math.min(Math.max(to - from, SPAN_LEAST), whole);
        const middle = (from + to) / 2;
        this.from = Math.min(Math.max(middle - span / 2, this.begin), this.end - span);
        this.to = this.from + span;
        this.redraw();
    }

    // `at`: the time that stays where it is.
    zoom(factor, at = (this.from + this.to) / 2) {
        const span = Math.min(Math.max((this.to - this.from) * factor, SPAN_LEAST), this.end - this.begin);
        const share = (at - this.from) / (this.to - this.from);
        this.show(at - span * share, at + span * (1 - share));
    }

    pan(share) {
        const by = (this.to - this.from) * share;
        this.show(this.from + by, this.to + by);
    }

    timeAt(x) {
        return this.from + x / this.scale;
    }

    // The first number in [low, high) whose value in the column is at least `least`.
    static firstFrom(column, low, high, least) {
        while (low < high) {
            const middle = (low + high) >> 1;
            if (column[middle] < least)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }

    select(i) {
        this.selected = i;
        this.details.textContent = i < 0 ? '' : this.describeCall(i);
        if (i >= 0) {
            const y = this.placeOfRow.get(this.calls.row[i]) || 0;
            this.scrollTo(y, y + CALL_HEIGHT);
            const { begin, end } = this.calls;
            if (end[i] < this.from || begin[i] > this.to) {
                const half = (this.to - this.from) / 2;
                this.show(begin[i] - half, begin[i] + half);
            }
        }
        this.redraw();
    }

    // Along a row, or to the caller (-1) or the first call inside (1).
    selectNext(step, level) {
        const { rows, row, begin, end } = this.calls;
        if (this.selected < 0) {
            const first = this.places.find((place) => place.row >= 0);
            const among = first && rows.list[first.row];
            this.select(among ? Timeline.firstFrom(end, among.from, among.to - 1, this.from) : -1);
            return;
        }
        const i = this.selected;
        const at = rows.list[row[i]];
        if (!level) {
            this.select(Math.min(Math.max(i + step, at.from), at.to - 1));
            return;
        }
        const other = rows.list[rows.byThread.get(at.thread)[at.depth + level]];
        if (!other)
            return;
        const found = Timeline.firstFrom(end, other.from, other.to, level < 0 ? end[i] : begin[i]);
        if (found < other.to && begin[found] <= end[i])
            this.select(found);
    }

    // ---- what it says

    nameOf(i) {
        return this.calls.bits[i] & KEPT_GROUP
            ? countText(this.calls.what[i], 'shorter call')
            : this.model.functions[this.calls.what[i]].full;
    }

    threadName(thread) {
        const [pid, tid, name] = this.model.facts.threads[thread];
        if (!tid)
            return 'Threads that are not known';
        return `${name || 'Thread'} ${tid}` + (pid && pid !== tid ? ` of process ${pid}` : '');
    }

    describe(box) {
        if (box.text)
            return box.text;
        if (box.count > 1)
            return `${countText(box.count, 'call')}: zoom in`;
        return box.call === undefined ? '' : this.describeCall(box.call);
    }

    describeCall(i) {
        const { begin, end, bits, took, row, rows } = this.calls;
        const where = `at ${timeText(begin[i], 1)}, ${this.threadName(rows.list[row[i]].thread)}`;
        if (bits[i] & KEPT_GROUP)
            return `${this.nameOf(i)}\nin ${durationText(end[i] - begin[i])} ${where}\n` +
                'Only longer calls are in this page by themselves.';
        const ended = bits[i] >> KEPT_END_SHIFT;
        const isTimed = ended === 0 || (END_WORDS[ended] === 'no-entry' && took[i] > 0);
        const values = valuesOf(this.model, i);
        return [
            this.nameOf(i),
            (isTimed ? `${durationText(took[i])} ` : '') + where,
            ...values.arguments.map(([name, value]) => `  ${name} = ${value}`),
            ...values.results.map(([name, value]) => `  → ${name} = ${value}`),
            ...(ended ? ['No certain time: ' + END_REASONS[END_WORDS[ended]]] : []),
        ].join('\n');
    }

    // ---- drawing

    draw(context) {
        this.scale = this.width / (this.to - this.from);
        this.shown = { alone: 0, together: 0, grouped: 0 };
        this.drawGaps(context);
        for (const place of this.places) {
            const y = AXIS_HEIGHT + place.y - this.top;
            if (y + place.height < AXIS_HEIGHT || y > this.height)
                continue;
            if (place.row < 0)
                this.drawThread(context, place, y);
            else
                this.drawRow(context, this.calls.rows.list[place.row], y);
        }
        this.drawAxis(context);
        this.say();
    }

    drawThread(context, { thread }, y) {
        const isClosed = this.closed.has(thread);
        const { palette } = this;
        context.fillStyle = palette.raised;
        context.fillRect(0, y, this.width, THREAD_HEIGHT - 3);
        context.fillStyle = palette.text;
        const name = `${isClosed ? '▸' : '▾'} ${this.threadName(thread)}`;
        context.fillText(cutText(context, name, this.width - 16), 8, y + THREAD_HEIGHT / 2 - 1);
        this.boxes.push({ x: 0, y, width: this.width, height: THREAD_HEIGHT, thread, text: isClosed ? 'Show its calls' : 'Hide its calls' });
    }

    drawRow(context, row, y) {
        const { begin, end } = this.calls;
        let i = Timeline.firstFrom(end, row.from, row.to, this.from);
        while (i < row.to && begin[i] <= this.to) {
            const x = (begin[i] - this.from) * this.scale;
            const width = (end[i] - begin[i]) * this.scale;
            if (width >= ALONE_WIDTH) {
                this.drawCall(context, i, { x, y, width });
                i++;
                continue;
            }
            const column = Math.floor(x);
            let next = Timeline.firstFrom(begin, i + 1, row.to, this.from + (column + 1) / this.scale);
            if (next > i + 1 && (end[next - 1] - begin[next - 1]) * this.scale >= ALONE_WIDTH)
                next--;
            if (next === i + 1)
                this.drawCall(context, i, { x: column, y, width: 1 });
            else
                this.drawColumn(context, i, next, { x: column, y });
            i = next;
        }
    }

    drawCall(context, i, { x, y, width }) {
        const left = Math.max(x, -4), right = Math.min(x + width, this.width + 4);
        const box = { x: left, y, width: right - left, height: CALL_HEIGHT, call: i, chartWidth: this.width };
        const { palette, calls } = this;
        const isGroup = calls.bits[i] & KEPT_GROUP;
        const name = this.nameOf(i);
        const isFaded = this.search.isOn && !this.isFound(i);
        const label = isGroup ? name : this.model.functions[calls.what[i]].name;
        const fill = isFaded ? palette.faded : isGroup ? palette.many : fillOf(palette, name);
        drawBox(context, box, fill, isFaded ? palette.onFaded : palette.onFill, label);
        if (!isFaded && this.search.isOn)
            this.markBox(context, box, palette.accent);
        if (!isGroup && calls.bits[i] >> KEPT_END_SHIFT)
            this.drawOpenEnd(context, box);
        if (i === this.selected)
            this.outline(box);
        this.boxes.push(box);
        if (isGroup)
            this.shown.grouped += calls.what[i];
        else
            this.shown.alone++;
    }

    drawColumn(context, from, to, { x, y }) {
        const { palette } = this;
        const isFound = this.isFound(from, to);
        context.fillStyle = isFound ? palette.accent : this.search.isOn ? palette.faded : palette.many;
        context.fillRect(x, y, 1, CALL_HEIGHT - 1);
        const count = this.callsBefore[to] - this.callsBefore[from];
        this.boxes.push({ x, y, width: 1, height: CALL_HEIGHT, count });
        this.shown.together += count;
    }

    markBox(context, { x, y, width }, colour) {
        context.fillStyle = colour;
        context.fillRect(x, y + CALL_HEIGHT - 4, Math.max(width - 1, 1), 3);
    }

    // It has no certain end: a broken line there, or a dot.
    drawOpenEnd(context, { x, y, width }) {
        context.fillStyle = this.palette.warn;
        if (width < 6)
            context.fillRect(x, y, Math.max(width - 1, 1), 3);
        for (let at = 0; width >= 6 && at < CALL_HEIGHT - 2; at += 5)
            context.fillRect(x + width - 4, y + at, 3, 3);
    }

    drawGaps(context) {
        for (const [begin, end, events, packets, isPause] of this.model.facts.gaps) {
            const x = (begin - this.from) * this.scale, width = Math.max((end - begin) * this.scale, 2);
            if (x + width < 0 || x > this.width)
                continue;
            context.globalAlpha = 0.3;
            context.fillStyle = isPause ? this.palette.quiet : this.palette.warn;
            context.fillRect(x, AXIS_HEIGHT, width, this.height);
            context.globalAlpha = 1;
            const lost = packets ? countText(packets, 'packet') : events ? countText(events, 'event') : 'Events';
            const text = isPause ? 'The session may have been stopped here' : `${lost} lost here`;
            this.boxes.push({ x, y: 0, width, height: this.height, text });
        }
    }

    drawAxis(context) {
        const { palette } = this;
        const step = niceStep(90 / this.scale);
        context.fillStyle = palette.back;
        context.fillRect(0, 0, this.width, AXIS_HEIGHT);
        context.fillStyle = palette.line;
        context.fillRect(0, AXIS_HEIGHT - 1, this.width, 1);
        for (let at = Math.ceil(this.from / step) * step; at <= this.to; at += step) {
            const x = (at - this.from) * this.scale;
            context.fillStyle = palette.line;
            context.fillRect(x, AXIS_HEIGHT - 7, 1, 7);
            context.fillStyle = palette.quiet;
            context.fillText(timeText(at, step), x + 4, AXIS_HEIGHT / 2);
        }
        for (const [begin, end, , , isPause] of this.model.facts.gaps) {
            const x = (begin - this.from) * this.scale;
            context.fillStyle = isPause ? palette.quiet : palette.warn;
            context.fillRect(x, AXIS_HEIGHT - 4, Math.max((end - begin) * this.scale, 2), 4);
        }
    }

    say() {
        const { alone, together, grouped } = this.shown;
        const text = `${durationText(this.to - this.from)} shown: ${countText(alone, 'call')}` +
            (together || grouped ? ' alone' : '') +
            (grouped ? `, ${countText(grouped)} in groups` : '') +
            (together ? `, ${countText(together)} in columns of several: zoom in to see each` : '');
        if (this.status.textContent !== text)
            this.status.textContent = text;
    }
}
