"""The half of the_panel_in_a_browser that is told in python."""
import os
import time

from webdriver import Browser

folder, web, zone = os.environ['FLOW_DIR'], os.environ['FLOW_WEB'], os.environ['FLOW_ZONE']
keytab = os.environ['FLOW_KEYTAB']
b = Browser(folder)


def level():
    return b.run("return document.getElementById('verdict').dataset.level")


def rows():
    return b.texts('#decision-list > li')


def reads_well(width):
    """Nothing is wider than the window, and what is shown has a name for a screen reader."""
    b.size(width, 900)
    wide = b.run('return document.documentElement.scrollWidth')
    assert wide <= width, '%d px wide in a window of %d' % (wide, width)
    nameless = b.run('''
        return Array.from(document.querySelectorAll('input, select, button'))
            .filter((n) => n.labels === null || (n.labels.length === 0 && n.innerText.trim() === ''))
            .map((n) => n.outerHTML)''')
    assert nameless == [], nameless


def contrast():
    """Every text against what is behind it: WCAG AA wants 4.5."""
    return b.run('''
        const lum = (c) => { const [r, g, b] = c.map((v) => (v /= 255, v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
            return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
        const rgb = (s) => s.match(/[\\d.]+/g).map(Number);
        const bad = [];
        for (const n of document.querySelectorAll('body *')) {
            if (n.innerText === undefined || n.innerText.trim() === '' || n.children.length > 0 || !n.checkVisibility())
                continue;
            let back = n;
            while (back !== null && (rgb(getComputedStyle(back).backgroundColor)[3] === 0))
                back = back.parentElement;
            const a = lum(rgb(getComputedStyle(n).color).slice(0, 3));
            const z = lum(back === null ? [255, 255, 255] : rgb(getComputedStyle(back).backgroundColor).slice(0, 3));
            const ratio = (Math.max(a, z) + 0.05) / (Math.min(a, z) + 0.05);
            if (ratio < 4.5)
                bad.push([n.tagName, n.className, n.innerText.slice(0, 40), ratio.toFixed(2)]);
        }
        return bad''')


try:
    b.size(1400, 900)
    b.open(web + '/')
    b.wait('the page is alive', lambda: b.text('#live') == 'live')
    assert level() == 'ok' or level() == 'warning', b.text('#verdict')

    # What happened is there.
    assert 'DNS/ns1.' + zone in b.text('#keys'), b.text('#keys')
    assert 'PC1$@' in b.text('#principals') and 'host/pc1.' in b.text('#principals')
    assert zone in b.text('#zone-rows') and '2.0.192.in-addr.arpa' in b.text('#zone-rows')
    assert len(b.texts('#charts svg path.line')) == 5
    b.wait('a chart has a line', lambda: b.run(
        "return document.querySelector('#charts path.line').getAttribute('d') !== ''"))
    for width in 1400, 390:
        reads_well(width)
        for scheme in 'light', 'dark':
            b.prefer(scheme)
            b.wait('colours that can be read, %s' % scheme, lambda: contrast() == [], told=contrast)
            b.whole_page('panel-%d-%s.png' % (width, scheme), width)
    b.prefer('light')
    b.size(1400, 900)

    # Refusals are found, and explain themselves.
    everything = len(rows())
    b.type('#filter-text', 'www')
    b.wait('the filter leaves one', lambda: len(rows()) == 1)
    assert 'deny * name www.' in rows()[0] and 'refused' in rows()[0], rows()
    b.type('#filter-text', '')
    b.run("const s = document.getElementById('filter-kind'); s.value = 'denied'; s.dispatchEvent(new Event('change'))")
    refused = rows()
    assert len(refused) == 2 and all('refused' in r for r in refused), refused
    assert 'ms-self' in refused[0], refused[0]
    b.run("const s = document.getElementById('filter-kind'); s.value = 'all'; s.dispatchEvent(new Event('change'))")
    assert len(rows()) == everything

    # A refresh leaves alone what is open, and the nodes themselves.
    b.run("document.querySelector('#decision-list details').open = true;"
          "window.first = document.querySelector('#decision-list > li'); window.key = document.querySelector('#keys tr')")
    b.run("return document.querySelector('#zone-rows details').open = true")
    b.wait('details of a zone', lambda: 'loaded from' in b.text('#zone-rows'))
    asked = len(b.urls())
    b.wait('more answers', lambda: len(b.urls()) > asked + 10)
    assert b.run("return window.first.isConnected && window.first.querySelector('details').open && window.key.isConnected")

    # Pause holds what is shown.
    b.click('#pause')
    assert b.run("return document.getElementById('pause').getAttribute('aria-pressed')") == 'true'
    b.click('#pause')

    # Policy: asked by form, with the keyboard alone.
    b.type('#explain [name=principal]', 'PC2$@AD.EXAMPLE.TEST')
    b.type('#explain [name=name]', 'www.' + zone)
    b.type('#explain [name=rdata]', '192.0.2.7\ue007')  # Enter
    b.wait('a refusal', lambda: 'refused' in b.text('#explanation'))
    assert 'deny * name www.' in b.text('#explanation')
    assert 'deny * name www' in b.text('#rules [data-is=deciding]')
    b.type('#explain [name=name]', 'pc2.' + zone)
    b.click('#explain button')
    b.wait('a grant', lambda: 'granted' in b.text('#explanation p'))
    b.type('#explain [name=name]', 'not..a.name')
    assert b.complaints() == []
    b.click('#explain button')
    b.wait('a mistake is told', lambda: 'no domain name' in b.text('#explanation'))
    b.type('#explain [name=name]', '<b id=evil>x</b>')
    b.click('#explain button')
    b.wait('markup is text', lambda: '<b id=evil>' in b.text('#explanation'))
    assert b.run("return document.getElementById('evil') === null")
    b.complaints()  # Chromium notes the 400s itself
    b.screenshot('panel-explain.png')

    # The keytab breaks, and is mended.
    os.rename(keytab, keytab + '.away')
    start = time.monotonic()
    b.wait('red', lambda: level() == 'error')
    took = time.monotonic() - start
    assert 'keytab' in b.text('#verdict-head').lower(), b.text('#verdict-head')
    b.whole_page('panel-broken-1400.png', 1400)
    b.whole_page('panel-broken-390.png', 390)
    os.rename(keytab + '.away', keytab)
    b.wait('no longer red', lambda: level() != 'error')

    assert b.complaints() == [], b.complaints()
    elsewhere = [u for u in b.urls() if not u.startswith((web + '/', 'data:', 'chrome:', 'about:'))]
    assert elsewhere == [], elsewhere
    print('red after %.1f s; %d requests, all to the panel' % (took, len(b.requests)))
finally:
    b.close()
