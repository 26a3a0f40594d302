// Numbers, times and colours as they are shown.

const UNITS = [[1e9, 's'], [1e6, 'ms'], [1e3, 'µs']];
const ROW_FONT = '12px system-ui, "DejaVu Sans", sans-serif';

function digits(value) {
    return value >= 99.95 ? value.toFixed(0) : value >= 9.995 ? value.toFixed(1) : value.toFixed(2);
}

// Three digits, as in a report: "54.0 µs".
function durationText(ns) {
    const size = Math.abs(ns), sign = ns < 0 ? '−' : '';
    if (size >= 999.5e9)
        return sign + Math.round(size / 1e9).toLocaleString('en') + ' s';
    for (const [unit, name] of UNITS)
        if (size >= unit * 0.9995)
            return sign + digits(size / unit) + ' ' + name;
    return sign + size + ' ns';
}

function countText(n, one = '', many = one + 's') {
    const number = n.toLocaleString('en');
    return one ? `${number} ${n === 1 ? one : many}` : number;
}

// A time on an axis with marks every `step`: no more digits than these need.
function timeText(ns, step) {
    const [unit, name] = UNITS.find(([size]) => Math.abs(ns) >= size || step >= size) || [1, 'ns'];
    const places = Math.max(0, Math.ceil(Math.log10(unit / step) - 1e-9));
    return ns === 0 ? '0' : (ns / unit).toFixed(Math.min(places, 9)) + ' ' + name;
}

// 1, 2 or 5 times a power of ten, so that marks are at least `least` apart.
function niceStep(least) {
    const power = 10 ** Math.floor(Math.log10(Math.max(least, 1)));
    return [1, 2, 5, 10].map((n) => n * power).find((step) => step >= least);
}

// A function has one hue in both charts. Those with the most time of their own are far apart from each
// other: each is a golden angle away from the one before.
const hues = new Map();

function setHues(rows) {
    rows.forEach(([name], i) => hues.set(name, Math.round(210 + i * 137.508) % 360));
}

const darkScheme = matchMedia('(prefers-color-scheme: dark)');

// What charts are drawn with, of the page's style and of the colour scheme.
function readPalette() {
    const style = getComputedStyle(document.documentElement);
    const dark = darkScheme.matches;
    return {
        dark,
        back: style.getPropertyValue('--back'),
        raised: style.getPropertyValue('--raised'),
        text: style.getPropertyValue('--text'),
        quiet: style.getPropertyValue('--quiet'),
        line: style.getPropertyValue('--line'),
        accent: style.getPropertyValue('--accent'),
        warn: style.getPropertyValue('--warn'),
        onFill: dark ? '#f4f6f8' : '#1b1f24',
        faded: dark ? '#262c31' : '#e9ecef',
        onFaded: dark ? '#7d8893' : '#7a838c',
        many: dark ? '#5a6570' : '#a9b3bd',
        fills: new Map(),
    };
}

function fillOf(palette, name) {
    let fill = palette.fills.get(name);
    if (!fill) {
        const hue = hues.get(name) || 0;
        fill = palette.dark ? `hsl(${hue} 38% 33%)` : `hsl(${hue} 62% 80%)`;
        palette.fills.set(name, fill);
    }
    return fill;
}

// How wide texts are, in ROW_FONT. Measuring takes longer than drawing.
const textWidths = new Map();

function textWidth(context, text) {
    let width = textWidths.get(text);
    if (width === undefined) {
        if (textWidths.size > 20000)
            textWidths.clear();
        textWidths.set(text, width = context.measureText(text).width);
    }
    return width;
}

// A beginning of the text that is about as wide as `width`, not wider; '' if that is no use.
function cutText(context, text, width) {
    if (width < 18)
        return '';
    const whole = textWidth(context, text);
    if (whole <= width)
        return text;
    const length = Math.floor(text.length * 0.94 * (width - 10) / whole);
    return length > 1 ? text.slice(0, length) + '…' : '';
}

function drawBox(context, box, fill, textColour, label) {
    const { x, y, width, height } = box;
    context.fillStyle = fill;
    context.fillRect(x, y, Math.max(width - (width > 3 ? 1 : 0), 1), height - 1);
    if (width < 24)
        return;
    const from = Math.max(x, 0);
    const shown = cutText(context, label, Math.min(x + width, box.chartWidth) - from - 8);
    if (shown) {
        context.fillStyle = textColour;
        context.fillText(shown, from + 4, y + height / 2);
    }
}
