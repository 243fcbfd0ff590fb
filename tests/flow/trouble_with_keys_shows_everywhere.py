"""The half of trouble_with_keys_shows_everywhere that is told in python."""
import os
import subprocess

from surfaces import FILES_S, KDCS_S, Surfaces

folder, zone, realm = os.environ['FLOW_DIR'], os.environ['FLOW_ZONE'], os.environ['FLOW_REALM']
host = os.environ['FLOW_HOST']
keys, keytab = folder + '/keys', folder + '/keys/dns.keytab'


def spn(n):
    return 'DNS/ns%d.%s@%s' % (n, zone, realm)


def kadmin(*commands):
    done = subprocess.run(['kadmin.local', '-r', realm], input='\n'.join(commands) + '\n', text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=True)
    return done.stdout


def replace(octets):
    with open(keytab + '.new', 'wb') as new:
        os.chmod(keytab + '.new', 0o600)
        new.write(octets)
    os.rename(keytab + '.new', keytab)


def verdict_of(n):
    """What the page says of the key of a name server."""
    rows = s.browser.texts('#keys tr')
    return ' '.join(row for row in rows if spn(n) in row).replace('\n', ' ').replace('\t', ' ')


s = Surfaces()
try:
    # All is well.
    s.until('a ticket proves the keytab', lambda: s.document()['verdict'] == 'usable')
    assert s.document()['findings'] == [], s.document()['findings']
    assert s.metric('kddns_keytab_problems') == 0
    wanted = {x['principal'] for x in s.document()['spns'] if x['wanted']}
    assert wanted == {spn(1), spn(2), spn(3), spn(4), spn(5), 'DNS/%s@%s' % (host, realm)}, wanted
    assert s.metric('kddns_keytab_kdc_kvno{principal="%s"}' % spn(1)) == 2
    s.until('the page says so', lambda: 'opens tickets of today' in verdict_of(5))
    s.until('all is well', lambda: s.browser.text('#verdict-head') == 'All is well')

    # The KDC's keys go on without us: a new kvno, another key of the same, none.
    kadmin('cpw -randkey -keepold DNS/ns1.' + zone,
           'delprinc -force DNS/ns2.' + zone, 'addprinc -randkey DNS/ns2.' + zone,
           'ktadd -k %s/other.keytab DNS/ns2.%s' % (folder, zone),
           'delprinc -force DNS/ns3.' + zone)
    s.show(KDCS_S, ('error', 'kvno-stale', spn(1)), ('error', 'key-differs', spn(2)), ('error', 'spn-unknown', spn(3)))
    s.until('verdicts of keys', lambda: 'stale: the KDC has a newer one' in verdict_of(1) and
            "not the KDC's key" in verdict_of(2) and 'the KDC gives no ticket for it' in verdict_of(3))
    assert s.metric('kddns_keytab_kdc_kvno{principal="%s"}' % spn(1)) == 3
    assert s.metric('kddns_keytab_entry_kvno{principal="%s",enctype="aes256-cts-hmac-sha1-96"}' % spn(1)) == 2
    assert s.metric('kddns_keytab_problems') >= 3
    assert 'problem' in s.browser.text('#verdict-head')

    # All is exported again, but a key of RC4 alone for one, and none for another.
    kadmin('addprinc -randkey DNS/ns3.' + zone, 'cpw -randkey -e rc4-hmac:normal DNS/ns4.' + zone,
           *('ktadd -norandkey -k %s/again.keytab DNS/ns%d.%s' % (folder, n, zone) for n in (1, 2, 3, 4)))
    os.rename(folder + '/again.keytab', keytab)
    s.show(FILES_S, ('warning', 'enctype-weak', spn(4)), ('error', 'spn-missing', spn(5)))
    s.show(KDCS_S, ('warning', 'ticket-weak', spn(4)))
    assert s.is_quiet('ns1.', 'ns2.', 'ns3.'), s.document()['findings']
    s.until('its verdict', lambda: 'opens tickets, but is weak' in verdict_of(4))

    # Keys that are there twice: a note, and a line of the page for each.
    with open(keytab, 'rb') as f:
        whole = f.read()
    with open(folder + '/clients.keytab', 'rb') as f:
        clients = f.read()[2:]
    replace(whole + clients + clients)
    s.show(FILES_S, ('info', 'entry-double', 'PC1$'))
    n_keys = len(s.document()['keys'])
    s.until('a line each', lambda: len(s.browser.texts('#keys tr')) == n_keys)
    asked = len(s.browser.urls())
    s.until('more answers', lambda: len(s.browser.urls()) > asked + 6)
    assert len(s.browser.texts('#keys tr')) == n_keys
    replace(whole)

    # The file can be read by all, by none, and is not whole.
    os.chmod(keytab, 0o604)
    s.show(FILES_S, ('error', 'keytab-mode', keytab))
    os.chmod(keytab, 0o600)
    if os.getuid() != 0:
        os.chmod(keys, 0)
        s.show(FILES_S, ('error', 'keytab-unreadable', keytab))
        assert 'cannot enter ' + keys in s.browser.text('#findings'), s.browser.text('#findings')
        os.chmod(keys, 0o700)
    replace(whole[:-3])
    s.show(FILES_S, ('error', 'keytab-malformed', keytab))
    s.until('its keys are in memory', lambda: 'in memory only' in verdict_of(1))

    # All is mended.
    kadmin('cpw -randkey -e aes256-cts:normal DNS/ns4.' + zone,
           *('ktadd -norandkey -k %s/mended.keytab DNS/ns%d.%s' % (folder, n, zone) for n in (1, 2, 3, 4, 5)),
           'ktadd -norandkey -k %s/mended.keytab DNS/%s' % (folder, host))
    os.rename(folder + '/mended.keytab', keytab)
    s.until('all is well again', lambda: s.document()['verdict'] == 'usable' and s.is_quiet())
    s.until('the page says so', lambda: s.browser.text('#verdict-head') == 'All is well')
    assert s.metric('kddns_keytab_problems') == 0
    assert s.browser.complaints() == []
finally:
    s.close()
