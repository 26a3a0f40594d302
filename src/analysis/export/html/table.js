// The table of functions: the rows of a report, and where the functions are.

const ROWS_AT_FIRST = 200;

// Numbers of columns in a row of the report.
const COLUMNS = [
    { head: 'Function', name: 'name', text: true },
    { head: 'Calls', name: 'calls', value: 0 },
    { head: 'Total', name: 'total', value: 1 },
    { head: 'Self', name: 'self', value: 2 },
    { head: 'Mean', name: 'mean', value: 3 },
    { head: 'P50', name: 'p50', value: 4 },
    { head: 'P99', name: 'p99', value: 5 },
    { head: 'Max', name: 'max', value: 6 },
    { head: 'CPU', name: 'cpu', value: 7, ofCpu: true },
    { head: 'Wait', name: 'wait', value: 8, ofCpu: true },
    { head: 'Module', name: 'module', text: true },
    { head: 'Source', name: 'source', text: true, ofSource: true },
];

class FunctionTable {
    constructor(model, search, choose) {
        this.search = search;
        this.choose = choose; // shows a function elsewhere
        this.rows = this.readRows(model);
        const hasSources = this.rows.some((row) => row.source);
        this.columns = COLUMNS.filter((column) => (!column.ofCpu || model.facts.has_cpu) &&
            (!column.ofSource || hasSources));
        this.sorted = { column: this.columns.find((column) => column.name === 'self'), down: true };
        this.all = false;
        this.body = document.getElementById('rows');
        this.more = document.getElementById('more');
        this.more.addEventListener('click', () => {
            this.all = true;
            this.show();
        });
        this.makeHeads();
        search.listeners.push(() => this.show());
        this.show();
    }

    readRows({ facts, functions }) {
        const known = new Map(functions.map((each) => [each.full, each]));
        return facts.rows.map(([full, ...values]) => {
            const { name = full, module = '', file, line } = known.get(full) || {};
            const source = file ? file.replace(/^.*\//, '') + (line ? ':' + line : '') : '';
            return { full, name, module, file, line, source, values, found: full + '\n' + (file || '') };
        });
    }

    makeHeads() {
        const heads = document.getElementById('heads');
        for (const column of this.columns) {
            const head = document.createElement('th');
            const button = document.createElement('button');
            head.scope = 'col';
            head.className = column.name === 'name' ? 'name' : column.text ? 'place' : '';
            button.type = 'button';
            button.textContent = column.head;
            button.addEventListener('click', () => this.sortBy(column));
            head.append(button);
            heads.append(head);
            column.element = head;
        }
    }

    // Largest values first, names from A on; the other way round the second time.
    sortBy(column) {
        const again = this.sorted.column === column;
        this.sorted = { column, down: again ? !this.sorted.down : !column.text };
        this.show();
    }

    compare(a, b) {
        const { column, down } = this.sorted;
        const sign = down ? -1 : 1;
        if (column.text)
            return sign * a[column.name].localeCompare(b[column.name], 'en') || a.full.localeCompare(b.full, 'en');
        const x = a.values[column.value], y = b.values[column.value];
        if (x === y)
            return b.values[0] - a.values[0] || a.full.localeCompare(b.full, 'en');
        return x === null ? 1 : y === null ? -1 : sign * (x - y);
    }

    show() {
        const found = this.rows.filter((row) => this.search.matches(row.found));
        found.sort((a, b) => this.compare(a, b));
        const shown = this.all ? found : found.slice(0, ROWS_AT_FIRST);
        this.body.replaceChildren(...shown.map((row) => this.rowElement(row)));
        if (!found.length)
            this.body.append(this.emptyRow());
        for (const column of this.columns) {
            if (column === this.sorted.column)
                column.element.setAttribute('aria-sort', this.sorted.down ? 'descending' : 'ascending');
            else
                column.element.removeAttribute('aria-sort');
        }
        this.more.hidden = shown.length === found.length;
        this.more.textContent = `Show all ${countText(found.length)} functions`;
        this.found = found.length;
    }

    rowElement(row) {
        const element = document.createElement('tr');
        for (const column of this.columns)
            element.append(this.cell(row, column));
        return element;
    }

    cell(row, column) {
        const cell = document.createElement('td');
        if (column.name === 'name') {
            cell.className = 'name';
            cell.append(this.nameButton(row));
        } else if (column.text) {
            cell.className = 'place';
            cell.textContent = row[column.name];
            cell.title = column.name === 'source' && row.file ? row.file + ':' + row.line : row[column.name];
        } else {
            this.fillNumber(cell, row.values[column.value], column.value === 0);
        }
        return cell;
    }

    nameButton(row) {
        const button = document.createElement('button');
        button.type = 'button';
        button.textContent = row.name;
        button.title = row.full + ': show it in the flame graph';
        button.addEventListener('click', () => this.choose(row.full));
        return button;
    }

    fillNumber(cell, value, isCount) {
        if (value === null)
            return;
        cell.textContent = isCount ? countText(value) : durationText(value);
        cell.dataset.value = value;
        if (!isCount)
            cell.title = countText(value) + ' ns';
    }

    emptyRow() {
        const element = document.createElement('tr'), cell = document.createElement('td');
        cell.colSpan = this.columns.length;
        cell.className = 'empty';
        cell.textContent = this.rows.length ? 'No function matches.' : 'No calls.';
        element.append(cell);
        return element;
    }
}
