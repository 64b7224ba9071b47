() => {
  // Functions that load more rows of a list, which playwright_handler.py calls on a page.
  const beside = new RegExp('carousel|slider|swiper|slick|calendar|cookie|consent|modal|popup|'
    + 'newsletter|comment|share|lightbox|gallery|related|login', 'i');
  const names = node => `${node.id || ''} ${node.getAttribute('class') || ''}`;
  const apart = 'form,footer,aside,header,nav:not([class*=pag]):not([aria-label*=pag])';
  const rows = new Map();
  const key = row => {
    const link = row.matches('a[href]') ? row : row.querySelector('a[href]');
    return `${link ? link.href : ''} ${row.textContent.trim().slice(0, 200)}`;
  };
  let list = null, controls = [];
  window.communiqueRows = {
    remember(most) {
      let best = 0;
      list = null;
      for (const one of document.querySelectorAll('ul,ol,tbody,div,section,main')) {
        if (one.children.length <= best || one.closest('footer,aside,header,nav')) continue;
        let count = 0;
        for (const row of one.children) {
          const links = row.matches('a') || row.querySelector('a');
          count += !!links && row.textContent.trim().length >= 20;
        }
        if (count > Math.max(best, 1)) [best, list] = [count, one];
      }
      for (const row of list ? list.children : []) {
        if (rows.size >= most) break;
        const links = row.matches('a') || row.querySelector('a');
        if (links && !rows.has(key(row))) rows.set(key(row), row.cloneNode(true));
      }
      return rows.size;
    },
    controls() {
      const kinds = 'a,button,[role=button],input[type=button],[class*=more]';
      const found = document.querySelectorAll(kinds);
      controls = [...found].filter(node => {
        const href = (node.getAttribute('href') || '#').trim();
        if (!/^(?:#(?![\/!])|javascript:)/i.test(href)) return false;
        if (node.disabled || node.getAttribute('aria-disabled') === 'true') return false;
        if (node.closest(apart) || node.querySelector('a[href],button')) return false;
        if (!node.getClientRects().length) return false;
        for (let up = node, level = 0; up && level < 4; up = up.parentElement, level++)
          if (beside.test(names(up))) return false;
        return true;
      }).slice(0, 500);
      return controls.map(node => [
        (node.textContent || node.value || '').trim().slice(0, 80)
          || node.getAttribute('aria-label') || node.title || '',
        names(node),
      ]);
    },
    click(place) { controls[place].scrollIntoView(); controls[place].click(); },
    scroll() {
      const last = list && list.lastElementChild;
      if (last) last.scrollIntoView();
      window.scrollTo(0, document.documentElement.scrollHeight);
    },
    finish() {
      if (!list || !list.isConnected) return;
      const shown = new Set([...list.children].map(key));
      list.prepend(...[...rows].filter(([one]) => !shown.has(one)).map(([, row]) => row));
    },
  };
}
