"""Opens the collector's page in a real Chromium, as a person at a keyboard would, in light and in dark, wide and narrow.

python3 page.py CHROMIUM ADDRESS TOKEN [DIRECTORY-FOR-SCREENSHOTS]
The page has a call of `service.other` to `service.ledger` that no rule permits, and callers with hostile names. The test `collector` starts it.
"""

import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "hedgerow-graph/tests/browser"))

from chromium import Chromium  # noqa: E402

# The least contrast that WCAG 2.1 asks of text (AA), of every element that has text of its own.
CONTRASTS = """(() => {
  const parse = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => { v /= 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; })
    .reduce((sum, v, at) => sum + v * [.2126, .7152, .0722][at], 0);
  const ground = (e) => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor); if (c.length < 4 || c[3] > 0) return c; } return [255, 255, 255]; };
  const low = [];
  for (const e of document.querySelectorAll('body *')) {
    if (![...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()) || !e.getClientRects().length) continue;
    const [a, b] = [light(parse(getComputedStyle(e).color)), light(ground(e))];
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (ratio < 4.5) low.push(`${e.tagName} ${e.textContent.trim().slice(0, 30)}: ${ratio.toFixed(2)}`);
  }
  return low; })()"""
FOCUS = "document.activeElement.getAttribute('aria-label') || document.activeElement.name || document.activeElement.textContent.trim()"


def equal(found, wanted, what):
    assert found == wanted, f"{what}: {found!r}, not {wanted!r}"


def load(browser, address):
    browser.call("Page.navigate", url="about:blank")
    browser.wait_for("location.href === 'about:blank'", "the empty page")
    browser.call("Page.navigate", url=address)
    browser.wait_for("document.readyState === 'complete' && location.href !== 'about:blank'", "the page")


def waits_over_pages(browser, address):
    """A wait outlives the page that it asked: the whole walk stands on that (every filter loads a page)."""
    load(browser, address)
    browser.wait_for("new Promise((done) => location.search === '?verdict=gone' ? done(true) : location.search = 'verdict=gone')", "the next page")


def by_keyboard(browser, address):
    """A filter is set and taken away without a mouse, and the table can be scrolled."""
    load(browser, address)
    reached = []
    for _ in range(12):
        browser.key("Tab")
        reached.append(browser.run(FOCUS))
    equal(reached[0], "To the calls", "the first stop leads over the head of the page")
    equal(reached[1:6], ["caller", "callee", "owner", "verdict", "Filter"], "then come the filters")
    assert "Calls without a rule" in reached, f"the table can be scrolled by keys: {reached}"
    rows = "document.querySelectorAll('#calls tbody tr').length"
    all_rows = browser.run(rows)
    assert all_rows > 1, all_rows
    browser.run("document.querySelector('input[name=caller]').focus()")
    browser.type("service.oth")
    browser.key("Enter")
    browser.wait_for("location.search.includes('caller=service.oth') && document.readyState === 'complete'", "the filtered page")
    equal(browser.run(rows), 1, "the one call of that caller")
    text = browser.run("document.querySelector('#calls').innerText")
    assert "service.other/egress/service.ledger.rule" in text and "elsewhere" in text, text
    browser.run("document.querySelector('a.reset').focus()")
    browser.key("Enter")
    browser.wait_for(f"location.search === '' && document.readyState === 'complete' && {rows} === {all_rows}", "all calls again")


def hostile_names(browser, address):
    load(browser, address)
    equal(browser.run("window.broken === undefined"), True, "no name has run as a script")
    equal(browser.run("document.querySelectorAll('script, img, iframe, svg').length"), 0, "no name has become an element")
    equal(browser.run("document.querySelectorAll('style, h1').length"), 2, "nor ended one")
    shown = browser.run("document.body.innerText")
    assert "<script>window.broken=1</script>" in shown, shown
    blocked = browser.run("""new Promise((done) => {
      document.addEventListener('securitypolicyviolation', (event) => done(event.violatedDirective), { once: true });
      const script = document.createElement('script'); script.textContent = 'window.broken = 1'; document.body.append(script);
      setTimeout(() => done('nothing'), 2000); })""")
    equal(blocked, "script-src-elem", "the policy stops any script")
    browser.messages.clear()


def light_and_dark(browser, address, target):
    colours = "getComputedStyle(document.body).backgroundColor + getComputedStyle(document.body).color"
    seen = set()
    for width, name in [(1500, "wide"), (380, "narrow")]:
        browser.call("Emulation.setDeviceMetricsOverride", width=width, height=950, deviceScaleFactor=1, mobile=False)
        for dark in (False, True):
            browser.dark(dark)
            load(browser, address)
            seen.add(browser.run(colours))
            equal(browser.run(CONTRASTS), [], f"{name}, {'dark' if dark else 'light'}: texts that are hard to read")
            beyond = browser.run("document.documentElement.scrollWidth - innerWidth")
            assert beyond <= 0, f"{name}: the page is {beyond} pixels too wide"
            beyond = browser.run("Math.max(...[...document.querySelectorAll('.frame')].map((frame) => frame.scrollWidth - frame.clientWidth))")
            assert beyond <= 0, f"{name}: a long name pushes columns {beyond} pixels out of sight"
            if target:
                browser.whole(f"{target}/observer-{name}-{'dark' if dark else 'light'}.png")
    equal(len(seen), 2, "the page follows the machine")


def named(browser, address):
    load(browser, address)
    nameless = browser.run("""[...document.querySelectorAll('button, input, select, a, [tabindex]')].filter((e) =>
      !(e.textContent.trim() || e.getAttribute('aria-label') || e.labels?.length)).map((e) => e.outerHTML.slice(0, 80))""")
    equal(nameless, [], "controls without a name")
    tree = browser.call("Accessibility.getFullAXTree")["nodes"]
    roles = {node["role"]["value"] for node in tree if "role" in node}
    wanted = {"banner", "main", "contentinfo", "search", "heading", "table", "columnheader", "searchbox", "combobox", "button", "region"}
    assert wanted <= roles, f"landmarks and controls: {sorted(wanted - roles)} are missing of {sorted(roles)}"


def main():
    program, address, token, *target = sys.argv[1:]
    with Chromium(program) as browser:
        browser.call("Security.enable")
        browser.call("Security.setIgnoreCertificateErrors", ignore=True)
        browser.call("Network.setExtraHTTPHeaders", headers={"Authorization": f"Bearer {token}"})
        waits_over_pages(browser, address)
        by_keyboard(browser, address)
        hostile_names(browser, address)
        named(browser, address)
        light_and_dark(browser, address, target[0] if target else None)
        elsewhere = [url for url in browser.requests if not url.startswith((address, "about:"))]
        equal(elsewhere, [], "the page asks nobody else")
        equal(browser.messages, [], "the browser complains of nothing")


if __name__ == "__main__":
    main()
