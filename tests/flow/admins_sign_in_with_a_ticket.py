"""The half of admins_sign_in_with_a_ticket that is told in python."""
import os
import sys

from webdriver import Browser

folder, web = os.environ['FLOW_DIR'], os.environ['FLOW_WEB']
with_ticket = sys.argv[1] == 'with-ticket'
home = os.path.join(folder, 'browser-' + sys.argv[1])
os.mkdir(home)
b = Browser(home, ['--auth-server-allowlist=localhost'])
try:
    b.size(1400, 900)
    # Its first requests go out before it knows the allowlist: a public page first.
    b.open(web + '/icon.svg')
    if with_ticket:
        def opened():
            b.open(web + '/')
            return b.run("return document.getElementById('live') !== null")
        b.wait('the page', opened)
        b.wait('the page is alive', lambda: b.text('#live') == 'live')
        assert 'signed in as alice@' in b.text('#host'), b.text('#host')
        cookies = b.do('GET', 'cookie')
        assert [(c['name'], c['httpOnly'], c['secure'], c['sameSite']) for c in cookies] == [
            ('__Host-kddns', True, True, 'Strict')], cookies
        assert b.run('return document.cookie') == ''
        b.screenshot('panel-signed-in.png')
    else:
        for _ in range(3):
            b.open(web + '/')
            assert 'Sign in with a Kerberos ticket' in b.text('h1'), b.text('body')
        b.screenshot('panel-sign-in.png')
    elsewhere = [u for u in b.urls() if not u.startswith((web + '/', 'data:', 'chrome:', 'about:'))]
    assert elsewhere == [], elsewhere
finally:
    b.close()
