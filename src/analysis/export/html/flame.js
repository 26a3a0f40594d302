// The flame graph: paths of calls, merged; a caller is above what it has called, and as wide as its
// time. Path -1 is that of all.

const FLAME_ROW = 20;

class Flame extends Chart {
    constructor(model, search) {
        super(document.getElementById('flame-chart'));
        this.paths = model.paths;
        this.labels = new Map(model.functions.map((each) => [each.full, each.name]));
        this.search = search;
        this.zoomed = -1;
        this.selected = -1;
        this.status = document.getElementById('flame-status');
        this.details = document.getElementById('flame-details');
        this.back = document.getElementById('flame-back');
        this.weigh();
        this.levels = this.paths.depth.reduce((most, depth) => Math.max(most, depth), 0) + 1;
        this.listen();
        search.listeners.push(() => this.showSearch());
        this.zoom(-1);
        this.details.textContent = '';
        this.showSearch();
    }

    // Where each path begins, and how wide it is: by time, or by calls if no times are known.
    weigh() {
        const { count, parent, calls, weight } = this.paths;
        this.byCalls = !weight.some((ns) => ns > 0);
        this.size = weight;
        if (this.byCalls) {
            this.size = calls.slice();
            for (let i = count - 1; i >= 0; i--)
                if (parent[i] >= 0)
                    this.size[parent[i]] += this.size[i];
        }
        this.start = new Float64Array(count);
        this.whole = 0;
        const used = new Float64Array(count);
        for (let i = 0; i < count; i++) {
            const above = parent[i];
            this.start[i] = above < 0 ? this.whole : this.start[above] + used[above];
            if (above < 0)
                this.whole += this.size[i];
            else
                used[above] += this.size[i];
        }
    }

    listen() {
        this.element.addEventListener('click', (event) => {
            const box = this.boxAt(...this.placeOf(event));
            if (box)
                this.zoom(box.path);
        });
        this.back.addEventListener('click', () => this.zoomOut());
        document.getElementById('flame-all').addEventListener('click', () => this.zoom(-1));
        onKeys(this.element, {
            Enter: () => this.zoom(this.selected),
            Escape: () => this.zoomOut(),
            Home: () => this.zoom(-1),
            ArrowUp: () => this.select(this.selected < 0 ? -1 : this.paths.parent[this.selected]),
            ArrowDown: () => this.select(this.firstBelow(this.selected)),
            ArrowLeft: () => this.select(this.sibling(-1)),
            ArrowRight: () => this.select(this.sibling(1)),
        });
    }

    contentHeight() {
        return this.levels * FLAME_ROW;
    }

    firstBelow(path) {
        const { count, parent } = this.paths;
        return path + 1 < count && parent[path + 1] === path ? path + 1 : path;
    }

    sibling(step) {
        const { count, parent, after } = this.paths;
        const path = this.selected;
        if (path < 0)
            return path;
        if (step > 0)
            return after[path] < count && parent[after[path]] === parent[path] ? after[path] : path;
        let before = parent[path] + 1;
        while (before < path && after[before] < path)
            before = after[before];
        return before;
    }

    select(path) {
        this.selected = path;
        this.details.textContent = this.describe({ path });
        const level = path < 0 ? 0 : this.paths.depth[path];
        this.scrollTo(level * FLAME_ROW, (level + 1) * FLAME_ROW);
        if (path >= 0 && !this.isInZoom(path))
            this.zoom(path);
        this.redraw();
    }

    isInZoom(path) {
        return this.zoomed < 0 || (path >= this.zoomed && path < this.paths.after[this.zoomed]) ||
            (path < this.zoomed && this.paths.after[path] > this.zoomed);
    }

    zoom(path) {
        this.zoomed = path;
        this.selected = path;
        this.details.textContent = this.describe({ path });
        this.back.disabled = path < 0;
        hint.hide();
        this.redraw();
    }

    zoomOut() {
        this.zoom(this.zoomed < 0 ? -1 : this.paths.parent[this.zoomed]);
    }

    nameOf(path) {
        return path < 0 ? 'all' : this.paths.names[this.paths.name[path]];
    }

    describe({ path }) {
        if (path < 0)
            return 'all: ' + (this.byCalls ? countText(this.whole, 'call') : durationText(this.whole));
        const { calls, returned, total, self } = this.paths;
        const share = this.whole ? ` (${digits(100 * this.size[path] / this.whole)} %)` : '';
        const times = returned[path]
            ? `total ${durationText(total[path])}${this.byCalls ? '' : share}, self ${durationText(self[path])}`
            : 'no times are known';
        const open = calls[path] - returned[path];
        const rest = returned[path] && open ? `\n${countText(open, 'call')} of these without a certain time` : '';
        return `${this.nameOf(path)}\n${countText(calls[path], 'call')}, ${times}${rest}`;
    }

    draw(context) {
        const from = this.zoomed < 0 ? 0 : this.start[this.zoomed];
        const size = this.zoomed < 0 ? this.whole : this.size[this.zoomed];
        this.scale = size > 0 ? this.width / size : 0;
        this.from = from;
        this.drawPath(context, -1, { x: 0, width: this.width });
        for (let path = this.zoomed; path >= 0; path = this.paths.parent[path])
            this.drawPath(context, path, { x: 0, width: this.width });
        this.drawBelow(context);
    }

    // All below what is zoomed to, that is wide enough to be seen.
    drawBelow(context) {
        const { depth, after } = this.paths;
        const end = this.zoomed < 0 ? this.paths.count : after[this.zoomed];
        const drawn = []; // by level: up to where
        for (let path = this.zoomed + 1; path < end;) {
            const x = (this.start[path] - this.from) * this.scale;
            const width = this.size[path] * this.scale;
            const level = depth[path];
            if (width < 0.5 && x + width < (drawn[level] || 0) + 1) {
                path = after[path];
                continue;
            }
            this.drawPath(context, path, { x, width });
            drawn[level] = x + width;
            path = width < 0.5 ? after[path] : path + 1;
        }
    }

    drawPath(context, path, { x, width }) {
        const level = path < 0 ? 0 : this.paths.depth[path];
        const y = level * FLAME_ROW - this.top;
        if (y + FLAME_ROW < 0 || y > this.height)
            return;
        const box = { x, y, width, height: FLAME_ROW, path, chartWidth: this.width };
        const name = this.nameOf(path);
        const { palette } = this;
        const isFound = this.search.isOn && path >= 0 && this.search.matches(name);
        const isFaded = (this.search.isOn && !isFound) || path < 0 || path < this.zoomed;
        drawBox(context, box, isFaded ? palette.faded : fillOf(palette, name),
            isFaded ? palette.quiet : palette.onFill, this.labels.get(name) || name);
        if (isFound) {
            context.fillStyle = palette.accent;
            context.fillRect(x, y + FLAME_ROW - 4, Math.max(width - 1, 1), 3);
        }
        if (path === this.selected && path >= 0)
            this.outline(box);
        this.boxes.push(box);
    }

    // Each moment counts once, also where a function that is found has called another one.
    showSearch() {
        const { count, after } = this.paths;
        let found = 0, size = 0;
        for (let path = 0, next = 0; this.search.isOn && path < count; path++) {
            if (!this.search.matches(this.nameOf(path)))
                continue;
            found++;
            if (path >= next) {
                size += this.size[path];
                next = after[path];
            }
        }
        const share = this.whole ? digits(100 * size / this.whole) : '0';
        const of = this.byCalls ? 'calls: no times are known' : 'time';
        this.status.textContent = this.search.isOn
            ? `${countText(found, 'path')} found, with ${share} % of the ${this.byCalls ? 'calls' : 'time'}`
            : `${countText(count, 'path')}; widths are ${of}`;
        this.redraw();
    }
}
