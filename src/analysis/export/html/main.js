// The page: its facts, its views, the search.

const VIEWS = ['functions', 'flame', 'timeline'];

function showFacts({ facts, begin, end }) {
    const { timeline, paths } = facts;
    const program = document.getElementById('program');
    program.textContent = programName(facts);
    const command = document.getElementById('command');
    command.textContent = command.title = facts.command || '';
    document.title = `${program.textContent} – ptrace_tracer`;
    const when = Number(BigInt(facts.begin_ns) / 1000000n);
    const parts = [
        program.textContent !== facts.trace && facts.trace,
        when > 0 && new Date(when).toISOString().replace('T', ' ').slice(0, 19) + ' UTC',
        durationText(end - begin),
        countText(facts.n_calls, 'call'),
        facts.events !== undefined && countText(facts.events, 'event'),
        facts.events !== undefined && (facts.lost_events || facts.lost_packets ? lostText(facts) : 'none lost'),
        countText(facts.threads.length, 'thread'),
        facts.net ? 'times net of what tracing cost' : 'times as recorded',
    ];
    const element = document.getElementById('facts');
    element.replaceChildren(...parts.filter(Boolean).map((text) => elementWith('span', text)));
    const remarks = [
        ...(facts.remarks || []),
        timeline.grouped && `The timeline shows the ${countText(timeline.calls)} longest calls; ` +
            `${countText(timeline.grouped, 'call')} of at most ${durationText(timeline.shorter_ns)} are shown in groups.`,
        timeline.without_texts && `The arguments and results of ${countText(timeline.without_texts, 'call')} are left out.`,
        paths.min_ns && `The flame graph has no paths of less than ${durationText(paths.min_ns)}.`,
        facts.more_gaps && `${countText(facts.more_gaps, 'more gap')} in the recording ${facts.more_gaps === 1 ? 'is' : 'are'} not marked.`,
    ];
    document.getElementById('remarks').replaceChildren(
        ...remarks.filter(Boolean).map((text) => elementWith('li', text)));
}

// The names of the processes, which are those of their first threads.
function programName({ threads, trace }) {
    const names = threads.filter(([pid, tid, name]) => name && (pid === tid || !pid)).map(([, , name]) => name);
    const all = [...new Set(names)];
    return all.slice(0, 3).join(', ') + (all.length > 3 ? ' …' : '') || trace;
}

function lostText({ lost_events: events, lost_packets: packets }) {
    return [events && countText(events, 'event'), packets && countText(packets, 'packet')]
        .filter(Boolean).join(' and ') + ' lost';
}

function elementWith(name, text) {
    const element = document.createElement(name);
    element.textContent = text;
    return element;
}

// One view at a time; its name is in the address.
class Tabs {
    constructor() {
        this.tabs = VIEWS.map((view) => document.getElementById('tab-' + view));
        this.tabs.forEach((tab, i) => {
            tab.addEventListener('click', () => this.show(VIEWS[i]));
            onKeys(tab, {
                ArrowLeft: () => this.step(i, -1),
                ArrowRight: () => this.step(i, 1),
            });
        });
        addEventListener('hashchange', () => this.show(location.hash.slice(1)));
        this.show(location.hash.slice(1));
    }

    step(i, by) {
        const next = (i + by + VIEWS.length) % VIEWS.length;
        this.show(VIEWS[next]);
        this.tabs[next].focus();
    }

    show(name) {
        const shown = VIEWS.includes(name) ? name : VIEWS[0];
        VIEWS.forEach((view, i) => {
            document.getElementById(view).hidden = view !== shown;
            this.tabs[i].setAttribute('aria-selected', view === shown);
            this.tabs[i].tabIndex = view === shown ? 0 : -1;
        });
        if (location.hash.slice(1) !== shown)
            history.replaceState(null, '', '#' + shown);
        hint.hide();
    }
}

function listenSearch(search, table) {
    const input = document.getElementById('search');
    const output = document.getElementById('matches');
    input.addEventListener('input', () => search.set(input.value));
    search.listeners.push(() => {
        output.textContent = search.isOn ? `${countText(table.found, 'function')} found` : '';
    });
    document.addEventListener('keydown', (event) => {
        if (event.key === '/' && event.target !== input) {
            event.preventDefault();
            input.focus();
        } else if (event.key === 'Escape' && event.target === input) {
            input.value = '';
            search.set('');
        }
    });
    return (words) => {
        input.value = words;
        search.set(words);
    };
}

async function main() {
    const model = await readModel();
    const search = new Search();
    showFacts(model);
    setHues(model.facts.rows);
    const tabs = new Tabs();
    const table = new FunctionTable(model, search, (name) => {
        setSearch(name);
        tabs.show('flame');
    });
    const setSearch = listenSearch(search, table);
    const flame = new Flame(model, search);
    const timeline = new Timeline(model, search);
    // For tests of this page, and for who looks at it in a console.
    globalThis.tracePage = { model, search, table, tabs, flame, timeline };
}

main().catch((error) => {
    const facts = document.getElementById('facts');
    facts.className = 'failure';
    facts.textContent = typeof DecompressionStream === 'undefined'
        ? 'This browser is too old for this page.' : `This page is damaged: ${error.message}`;
});
