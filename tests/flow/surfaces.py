"""surfaces.py - where a finding of the daemon's checks has to appear, and how soon.

Documents, metrics, kddnsctl and the page are looked at together: a finding
that one of them lacks is not there.
"""
import json
import os
import re
import subprocess
import time
import urllib.request

from webdriver import Browser

FILES_S, KDCS_S = 5, 15  # how soon what is found in files, and by KDCs, is everywhere
PATIENCE = 10  # times that: the machine may be slow, and have much else to do


def without_seconds(text):
    """Those that are left may be others by now."""
    return re.sub(r'\d+ s', 'N s', text)


class Surfaces:
    def __init__(self):
        self.web = os.environ['FLOW_WEB']
        self.browser = Browser(os.environ['FLOW_DIR'])
        self.browser.size(1400, 900)
        self.browser.open(self.web + '/')
        self.browser.wait('the page is alive', lambda: self.browser.text('#live') == 'live', KDCS_S * PATIENCE)

    def close(self):
        self.browser.close()

    def get(self, path):
        with urllib.request.urlopen(self.web + path, timeout=60) as answer:
            return answer.read().decode()

    def document(self, name='keytab'):
        return json.loads(self.get('/api/v1/' + name))

    def metric(self, line):
        """The value of a sample, by all before it; None: there is none."""
        m = re.search('^' + re.escape(line) + r' (\S+)$', self.get('/metrics'), re.M)
        return None if m is None else float(m.group(1))

    def ctl(self):
        return subprocess.run([os.environ['FLOW_KDDNSCTL'], '-s', os.environ['FLOW_DIR'] + '/run/control.sock', 'keytab'],
                              stdout=subprocess.PIPE, check=True, text=True).stdout

    def lacks(self, severity, finding, subject):
        """Where it is not; severity and finding may be one of several, a|b."""
        found = [f for f in self.document()['findings'] if re.fullmatch(finding, f['id']) and
                 re.fullmatch(severity, f['severity']) and subject in f['subject']]
        if not found:
            return '/api/v1/keytab'
        f = found[0]
        severity = f['severity']
        if not self.metric('kddns_keytab_findings{id="%s",severity="%s"}' % (f['id'], severity)):
            return '/metrics'
        if '%s [%s] %s\n' % (severity, f['id'], f['subject']) not in self.ctl():
            return 'kddnsctl keytab'
        places = ['#findings'] if severity == 'info' else ['#findings', '#verdicts']
        for place in places:
            shown = without_seconds(self.browser.text(place))
            if without_seconds(f['text']) not in shown or without_seconds(f['advice']) not in shown:
                return 'the page, ' + place
        return None

    def show(self, seconds, *findings):
        """Each finding (severity, id, subject) is everywhere, which should take no longer than that."""
        start = time.monotonic()
        for finding in findings:
            while True:
                where = self.lacks(*finding)
                took = time.monotonic() - start
                if where is None:
                    print('%s%s %s %s is everywhere after %.1f s' % ('note: ' if took > seconds else '', *finding, took))
                    break
                if took > seconds * PATIENCE:
                    self.browser.screenshot('failed.png')
                    raise AssertionError('%s is not in %s within %d s: %s' % (
                        finding, where, seconds * PATIENCE, self.document()['findings']))
                time.sleep(0.1)

    def until(self, what, condition):
        self.browser.wait(what, condition, KDCS_S * PATIENCE)

    def is_quiet(self, *subjects):
        """Nothing but notes of them is left, and the page says so."""
        return not [f for f in self.document()['findings'] if f['severity'] != 'info' and
                    (not subjects or any(s in f['subject'] for s in subjects))]
