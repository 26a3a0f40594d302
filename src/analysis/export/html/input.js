// How the timeline is moved: pointer, wheel, keys, buttons.

const END_REASONS = {
    uncertain: 'it returned, but events were lost, or another call may have taken its exit.',
    unwound: 'it was left by an exception or a jump, or another stack was used.',
    lost: 'events were lost.',
    replaced: 'its program was replaced, or its process ended.',
    'at-end': 'it was still open at the end.',
    'no-exits': 'exits of its function were not recorded.',
    'no-thread': 'its thread is not known.',
    'no-entry': 'its entry was not recorded.',
};

class TimelineInput {
    constructor(timeline) {
        this.timeline = timeline;
        this.dragged = null;
        this.listenButtons();
        this.listenKeys();
        this.listenPointer(timeline.element);
        timeline.element.addEventListener('wheel', (event) => this.wheel(event), { passive: false });
    }

    listenButtons() {
        const { timeline } = this;
        const actions = {
            'zoom-in': () => timeline.zoom(0.5),
            'zoom-out': () => timeline.zoom(2),
            'pan-left': () => timeline.pan(-0.4),
            'pan-right': () => timeline.pan(0.4),
            'zoom-all': () => timeline.show(timeline.begin, timeline.end),
        };
        for (const [id, action] of Object.entries(actions))
            document.getElementById(id).addEventListener('click', action);
    }

    listenKeys() {
        const { timeline } = this;
        const scroll = (by) => timeline.element.scrollBy(0, by);
        onKeys(timeline.element, {
            '+': () => timeline.zoom(0.5),
            '=': () => timeline.zoom(0.5),
            '-': () => timeline.zoom(2),
            Home: () => timeline.show(timeline.begin, timeline.end),
            ArrowLeft: () => timeline.pan(-0.2),
            ArrowRight: () => timeline.pan(0.2),
            ArrowUp: () => scroll(-3 * CALL_HEIGHT),
            ArrowDown: () => scroll(3 * CALL_HEIGHT),
            'Shift+ArrowLeft': () => timeline.selectNext(-1, 0),
            'Shift+ArrowRight': () => timeline.selectNext(1, 0),
            'Shift+ArrowUp': () => timeline.selectNext(0, -1),
            'Shift+ArrowDown': () => timeline.selectNext(0, 1),
            Enter: () => this.zoomToSelected(),
            Escape: () => timeline.select(-1),
        });
    }

    zoomToSelected() {
        const { timeline } = this;
        const { begin, end } = timeline.calls;
        const i = timeline.selected;
        if (i < 0)
            return;
        const room = Math.max((end[i] - begin[i]) * 0.1, 1);
        timeline.show(begin[i] - room, end[i] + room);
    }

    // The wheel scrolls the page until the timeline has been clicked.
    wheel(event) {
        const { timeline } = this;
        if (!event.ctrlKey && document.activeElement !== timeline.element)
            return;
        event.preventDefault();
        const unit = event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? timeline.height : 1;
        const sideways = event.shiftKey ? event.deltaY : event.deltaX;
        if (Math.abs(sideways) > Math.abs(event.shiftKey ? event.deltaX : event.deltaY)) {
            timeline.pan(sideways * unit / timeline.width);
        } else {
            const factor = Math.exp(Math.min(Math.max(event.deltaY * unit, -240), 240) * 0.002);
            timeline.zoom(factor, timeline.timeAt(timeline.placeOf(event)[0]));
        }
        hint.hide();
    }

    listenPointer(element) {
        element.addEventListener('pointerdown', (event) => this.press(event));
        element.addEventListener('pointermove', (event) => this.drag(event));
        element.addEventListener('pointerup', (event) => this.release(event));
        element.addEventListener('pointercancel', () => {
            this.dragged = null;
        });
        element.addEventListener('dblclick', () => this.zoomToSelected());
    }

    press(event) {
        const { timeline } = this;
        const [x] = timeline.placeOf(event);
        if (event.button !== 0 || x > timeline.width)
            return;
        this.dragged = {
            x: event.clientX, y: event.clientY, top: timeline.element.scrollTop,
            from: timeline.from, to: timeline.to, moved: false,
        };
    }

    drag(event) {
        const { timeline, dragged } = this;
        if (!dragged)
            return;
        const x = event.clientX - dragged.x, y = event.clientY - dragged.y;
        if (!dragged.moved && Math.hypot(x, y) < 4)
            return;
        if (!dragged.moved)
            timeline.element.setPointerCapture(event.pointerId);
        dragged.moved = true;
        hint.hide();
        const by = x * (dragged.to - dragged.from) / timeline.width;
        timeline.show(dragged.from - by, dragged.to - by);
        if (event.pointerType === 'mouse')
            timeline.element.scrollTop = dragged.top - y;
    }

    release(event) {
        const { timeline, dragged } = this;
        this.dragged = null;
        if (!dragged || dragged.moved)
            return;
        const box = timeline.boxAt(...timeline.placeOf(event));
        if (box && box.thread !== undefined)
            timeline.toggle(box.thread);
        else
            timeline.select(box && box.call !== undefined ? box.call : -1);
    }
}
