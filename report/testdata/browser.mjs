// Opens a report in a real browser, in light and dark and at the widths of a telephone and a desk, and says as JSON what is wrong with it.
//
//     node browser.mjs PAGE.html FOLDER_WITH_NODE_MODULES CHROMIUM [FOLDER_FOR_SCREENSHOTS]
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const [page, modules, chromiumPath, shots] = process.argv.slice(2);
const { chromium } = createRequire(path.resolve(modules) + '/')('playwright-core');
const address = pathToFileURL(path.resolve(page)).href;
const faults = [];
const checked = [];

// Runs in the page: what is wider than the window without a box of its own to scroll in, and text whose contrast is under WCAG AA.
function inspect() {
  const out = { overflow: [], contrast: [], clipped: 0, words: document.body.innerText.length };
  const width = document.documentElement.clientWidth;
  const scrolls = (e) => { for (; e && e !== document.body; e = e.parentElement) if (/auto|scroll|hidden/.test(getComputedStyle(e).overflowX)) return true; return false; };
  if (document.documentElement.scrollWidth > width) out.overflow.push(`the page is ${document.documentElement.scrollWidth} wide`);
  for (const e of document.querySelectorAll('main *')) {
    const r = e.getBoundingClientRect();
    if (r.width && r.right > width + 1 && !scrolls(e)) out.overflow.push(`${e.tagName}.${e.getAttribute('class') ?? ''} ends at ${Math.round(r.right)}`);
  }
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgb = (color) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1); return canvas.getImageData(0, 0, 1, 1).data; };
  const over = (a, b) => { const k = a[3] / 255; return [0, 1, 2].map((i) => a[i] * k + b[i] * (1 - k)).concat(255); };
  const behind = (e) => {
    const layers = [];
    for (; e; e = e.parentElement) layers.push(rgb(getComputedStyle(e).backgroundColor));
    return layers.reverse().reduce((below, layer) => over(layer, below), [255, 255, 255, 255]);
  };
  const luminance = (c) => [0.2126, 0.7152, 0.0722].reduce((sum, k, i) => { const x = c[i] / 255; return sum + k * (x <= 0.03928 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4); }, 0);
  const seen = new Set();
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const e = walk.currentNode.parentElement;
    if (!walk.currentNode.data.trim() || !e.getClientRects().length || e.closest('script, .skip')) continue;
    const style = getComputedStyle(e);
    const ink = e.namespaceURI.endsWith('svg') ? style.fill : style.color;
    const ground = behind(e);
    const key = ink + ground;
    if (seen.has(key)) continue;
    seen.add(key);
    const [a, b] = [luminance(over(rgb(ink), ground)), luminance(ground)].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) out.contrast.push(`${e.tagName}.${e.getAttribute('class') ?? ''} "${walk.currentNode.data.trim().slice(0, 30)}" has ${ratio.toFixed(2)}`);
  }
  return out;
}

const browser = await chromium.launch({ executablePath: chromiumPath, args: ['--headless', '--no-sandbox', '--disable-gpu'] });
try {
  for (const script of [true, false]) {
    for (const colorScheme of ['light', 'dark']) {
      for (const width of [400, 1400]) {
        if (!script && colorScheme === 'dark') continue;
        const name = `${colorScheme} ${width}${script ? '' : ' without script'}`;
        // A page without script of its own cannot be asked either, so there only the load and the picture are checked.
        const context = await browser.newContext({ colorScheme, viewport: { width, height: 900 }, javaScriptEnabled: script });
        context.setDefaultTimeout(120000);
        const tab = await context.newPage();
        tab.on('console', (m) => faults.push(`${name}: console: ${m.text()}`));
        tab.on('pageerror', (e) => faults.push(`${name}: ${e.message}`));
        tab.on('request', (r) => { if (r.url() !== address && !r.url().startsWith('data:')) faults.push(`${name}: asks for ${r.url()}`); });
        await tab.goto(address, { timeout: 120000 });
        if (script) {
          for (const opened of [false, true]) {
            if (opened) await tab.evaluate(() => { for (const d of document.querySelectorAll('details')) d.open = true; });
            const found = await tab.evaluate(inspect);
            if (found.words < 500) faults.push(`${name}: the page shows next to nothing`);
            for (const kind of ['overflow', 'contrast']) for (const f of found[kind].slice(0, 5)) faults.push(`${name}${opened ? ', all opened' : ''}: ${kind}: ${f}`);
          }
          await tab.reload();
          // The first Tab reaches the link that skips the contents, and it can be seen.
          await tab.keyboard.press('Tab');
          const first = await tab.evaluate(() => { const e = document.activeElement, r = e.getBoundingClientRect(); return { href: e.getAttribute('href'), seen: r.left >= 0 && r.top >= 0 && getComputedStyle(e).outlineStyle !== 'none' }; });
          if (first.href !== '#main' || !first.seen) faults.push(`${name}: the first Tab gives ${JSON.stringify(first)}`);
          // A reason in the flow leads to its examples, which open.
          const link = await tab.evaluate(() => document.querySelector('.river a[href*="-reason-"]')?.getAttribute('href'));
          if (link) {
            await tab.evaluate((href) => { location.hash = href; }, link);
            await tab.waitForFunction((href) => document.querySelector(href).open, link, { timeout: 20000 }).catch(() => faults.push(`${name}: ${link} does not open`));
          }
        }
        if (shots) await tab.screenshot({ path: path.join(shots, name.replaceAll(' ', '-') + '.png'), fullPage: true });
        checked.push(name);
        await context.close();
      }
    }
  }
} finally {
  await browser.close();
}
console.log(JSON.stringify({ checked, faults }, null, 1));
process.exitCode = faults.length ? 1 : 0;
