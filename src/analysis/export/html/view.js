// What the table and the charts have in common: the search, the hint at the pointer, a canvas that
// shows the visible part of something high.

const hint = {
    element: document.getElementById('hint'),

    show(text, x, y) {
        const { element } = this;
        element.textContent = text;
        element.hidden = false;
        const { width, height } = element.getBoundingClientRect();
        const left = Math.min(x + 14, document.documentElement.clientWidth - width - 8);
        const below = y + 18 + height < innerHeight;
        element.style.left = Math.max(left, 8) + 'px';
        element.style.top = Math.max(below ? y + 18 : y - height - 10, 8) + 'px';
    },

    hide() {
        this.element.hidden = true;
    },
};

// Which names the search has found. Views are told when that changes.
class Search {
    constructor() {
        this.words = '';
        this.found = new Map();
        this.listeners = [];
    }

    set(words) {
        this.words = words.trim().toLowerCase();
        this.found.clear();
        this.listeners.forEach((listener) => listener());
    }

    // Without a search nothing is marked.
    get isOn() {
        return this.words !== '';
    }

    matches(text) {
        let found = this.found.get(text);
        if (found === undefined)
            this.found.set(text, found = text.toLowerCase().includes(this.words));
        return found;
    }
}

// A canvas that stays in view in an element that scrolls up and down. Charts that extend it have
// draw(context) and contentHeight(), and may have headHeight, the part that does not scroll.
class Chart {
    constructor(element) {
        this.element = element;
        this.canvas = document.createElement('canvas');
        this.space = document.createElement('div');
        element.append(this.canvas, this.space);
        this.context = this.canvas.getContext('2d');
        this.boxes = [];
        this.frame = 0;
        element.addEventListener('scroll', () => this.redraw(), { passive: true });
        new ResizeObserver(() => this.resize()).observe(element);
        darkScheme.addEventListener('change', () => {
            this.palette = null;
            this.redraw();
        });
        element.addEventListener('pointermove', (event) => this.point(event));
        element.addEventListener('pointerleave', () => hint.hide());
    }

    resize() {
        this.width = this.element.clientWidth;
        this.height = this.element.clientHeight;
        if (!this.width || !this.height)
            return;
        const scale = devicePixelRatio || 1;
        this.canvas.width = Math.round(this.width * scale);
        this.canvas.height = Math.round(this.height * scale);
        this.canvas.style.width = this.width + 'px';
        this.canvas.style.height = this.height + 'px';
        this.context.setTransform(scale, 0, 0, scale, 0, 0);
        this.layout();
    }

    // The content has another height. The element is as high, up to a limit of the style.
    layout() {
        this.element.style.height = this.contentHeight() + 2 + 'px';
        this.space.style.height = Math.max(this.contentHeight() - this.height, 0) + 'px';
        this.redraw();
    }

    redraw() {
        if (!this.frame)
            this.frame = requestAnimationFrame(() => this.paint());
    }

    paint() {
        this.frame = 0;
        if (!this.width || !this.height || this.element.offsetParent === null)
            return;
        const began = performance.now();
        this.palette ||= readPalette();
        this.boxes = [];
        this.top = this.element.scrollTop;
        this.context.font = ROW_FONT;
        this.context.textBaseline = 'middle';
        this.context.fillStyle = this.palette.back;
        this.context.fillRect(0, 0, this.width, this.height);
        this.draw(this.context);
        this.drawnIn = performance.now() - began;
    }

    // What is at a place of the canvas, the last drawn first.
    boxAt(x, y) {
        for (let i = this.boxes.length - 1; i >= 0; i--) {
            const box = this.boxes[i];
            if (y >= box.y && y < box.y + box.height && x >= box.x && x < box.x + Math.max(box.width, 1))
                return box;
        }
        return null;
    }

    placeOf(event) {
        const { left, top } = this.canvas.getBoundingClientRect();
        return [event.clientX - left, event.clientY - top];
    }

    point(event) {
        const box = this.boxAt(...this.placeOf(event));
        const text = box && this.describe(box);
        if (text)
            hint.show(text, event.clientX, event.clientY);
        else
            hint.hide();
    }

    scrollTo(top, bottom) {
        const head = this.headHeight || 0;
        const { element } = this;
        if (top < element.scrollTop)
            element.scrollTop = top;
        else if (bottom > element.scrollTop + this.height - head)
            element.scrollTop = bottom - this.height + head;
    }

    // A rectangle around what is selected.
    outline(box) {
        this.context.strokeStyle = this.palette.text;
        this.context.lineWidth = 2;
        this.context.strokeRect(box.x + 1, box.y + 1, Math.max(box.width - 3, 1), box.height - 3);
    }
}

// Keys of a chart: { key: function }. A key that does something does nothing else.
function onKeys(element, keys) {
    element.addEventListener('keydown', (event) => {
        if (event.ctrlKey || event.altKey || event.metaKey)
            return;
        const action = keys[(event.shiftKey && event.key.startsWith('Arrow') ? 'Shift+' : '') + event.key];
        if (action) {
            action();
            event.preventDefault();
        }
    });
}
