/**
 * Sorts a table by the column that was clicked, the other way round at the second click. Rows of a group stay under its line, and
 * rows without a value come last either way.
 */
export const sortScript = `
for (const table of document.querySelectorAll('table.sortable')) {
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  const valueOf = (row, column) => {
    const cell = row.cells[column];
    if (cell.dataset.value !== undefined) return Number(cell.dataset.value);
    const text = cell.textContent.trim();
    return text === '' || text === '–' ? null : text;
  };
  const compare = (a, b) => (typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b)));
  heads.forEach((head, column) => {
    head.querySelector('button').addEventListener('click', () => {
      const descending = head.getAttribute('aria-sort') === 'descending' ? false : head.getAttribute('aria-sort') === 'ascending' || column > 0;
      heads.forEach((other) => other.removeAttribute('aria-sort'));
      head.setAttribute('aria-sort', descending ? 'descending' : 'ascending');
      const groups = [[]];
      for (const row of [...body.rows]) {
        if (row.classList.contains('group')) groups.push([row]);
        else groups[groups.length - 1].push(row);
      }
      for (const group of groups) {
        const first = group.filter((row) => row.classList.contains('group'));
        const rows = group.filter((row) => !row.classList.contains('group'));
        rows.sort((left, right) => {
          const [a, b] = [valueOf(left, column), valueOf(right, column)];
          if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
          return descending ? compare(b, a) : compare(a, b);
        });
        body.append(...first, ...rows);
      }
    });
  });
}
`;
