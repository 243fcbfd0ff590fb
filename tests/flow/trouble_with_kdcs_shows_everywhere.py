"""The half of trouble_with_kdcs_shows_everywhere that is told in python."""
import os
import signal
import time

from surfaces import FILES_S, KDCS_S, Surfaces

LIFE_S = int(os.environ['FLOW_LIFE'])  # of the daemon's tickets

kdc, ahead = '127.0.0.1:' + os.environ['FLOW_KDC_PORT'], '127.0.0.1:' + os.environ['FLOW_AHEAD']
kdc_pid, conf = int(os.environ['FLOW_KDC']), os.environ['KRB5_CONFIG']
with open(conf) as f:
    good_conf = f.read()


def name_kdcs(*names):
    with open(conf + '.new', 'w') as new:
        new.write(good_conf.replace('kdc = ' + kdc, '\n    '.join('kdc = ' + name for name in names)))
    os.rename(conf + '.new', conf)


def row_of(host):
    return ' '.join(row for row in s.browser.texts('#kdcs tr') if host in row)


def ends():
    """When the daemon's ticket for the directory ends."""
    return max([t['ends'] for t in s.document('tickets')['tickets'] if t['server'].startswith('ldap/')], default=0)


s = Surfaces()
try:
    s.until('a ticket proves the keytab', lambda: s.document()['verdict'] == 'usable')
    s.until('there is a ticket for the directory', ends)
    s.until('it is on the page', lambda: 'ldap/localhost' in s.browser.text('#tickets') and
            'left' in s.browser.text('#tickets') and s.browser.text('#tickets meter') is not None)
    assert s.metric('kddns_kdc_up{realm="AD.EXAMPLE.TEST",kdc="%s",address="%s"}' % (kdc, kdc.replace(':', '#'))) == 1
    assert abs(s.metric('kddns_kdc_clock_offset_seconds')) <= 1
    assert s.is_quiet(), s.document()['findings']

    # A KDC is ten minutes ahead.
    name_kdcs(kdc, ahead)
    s.show(KDCS_S, ('error', 'clock-offset', ahead))
    assert 599 <= s.metric('kddns_kdc_clock_offset_seconds') <= 601
    s.until('the KDC on the page', lambda: '10 min ahead of ours' in row_of(ahead) and 'the same as ours' in row_of(kdc))

    # What was found goes when it is over.
    name_kdcs(kdc)
    s.until('it is over', s.is_quiet)

    # The only KDC is silent, and no other ticket can be had.
    os.kill(kdc_pid, signal.SIGSTOP)
    s.show(KDCS_S, ('error', 'kdc-silent', kdc))
    assert s.metric('kddns_kdc_up{realm="AD.EXAMPLE.TEST",kdc="%s",address="%s"}' % (kdc, kdc.replace(':', '#'))) == 0
    s.until('silence on the page', lambda: 'silent' in row_of(kdc) and 'Problem' in row_of(kdc))
    s.until('the ticket is about to end', lambda: ends() - time.time() < LIFE_S / 4)
    s.show(FILES_S, ('warning|error', 'ticket-expir(ing|ed)', 'MEMORY:'))

    # It goes on: the daemon has asked for a ticket, and gets it now.
    last = ends()
    os.kill(kdc_pid, signal.SIGCONT)
    s.until('a new ticket', lambda: ends() > last)
    s.until('all is well again', lambda: s.document()['verdict'] == 'usable' and s.is_quiet())
    assert s.browser.complaints() == []
finally:
    os.kill(kdc_pid, signal.SIGCONT)
    s.close()
