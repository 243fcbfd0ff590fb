"""webdriver.py - headless Chromium, driven through chromedriver (W3C WebDriver).

Only what the panel's tests need, over plain HTTP.  What the page said on its
console and which requests it made are kept for the test to look at.
"""
import base64
import json
import os
import re
import subprocess
import time
import urllib.error
import urllib.request

ELEMENT = 'element-6066-11e4-a52e-4f735466cecf'


class Browser:
    def __init__(self, folder, arguments=()):
        self.folder = folder
        self.log = open(os.path.join(folder, 'chromedriver.out'), 'w+')
        self.driver = subprocess.Popen(['chromedriver', '--port=0'], stdout=self.log, stderr=subprocess.STDOUT)
        self.base = 'http://127.0.0.1:%d' % self.port()
        options = {
            'args': ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run',
                     '--disable-background-networking', '--disable-component-update', '--disable-sync',
                     '--user-data-dir=' + os.path.join(folder, 'chromium'), *arguments],
            'perfLoggingPrefs': {'enableNetwork': True},
        }
        self.session = self.call('POST', '/session', {'capabilities': {'alwaysMatch': {
            'browserName': 'chrome',
            'acceptInsecureCerts': True,
            'goog:chromeOptions': options,
            'goog:loggingPrefs': {'browser': 'ALL', 'performance': 'ALL'},
        }}})['sessionId']
        self.requests = []

    def port(self):
        end = time.monotonic() + 180
        while time.monotonic() < end:
            self.log.seek(0)
            m = re.search(r'started successfully on port (\d+)', self.log.read())
            if m:
                return int(m.group(1))
            time.sleep(0.05)
        raise RuntimeError('chromedriver does not start')

    def call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, {'Content-Type': 'application/json'}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=300) as answer:
                return json.load(answer)['value']
        except urllib.error.HTTPError as error:
            raise RuntimeError(json.load(error)['value']['message']) from None

    def do(self, method, path, body=None):
        return self.call(method, '/session/%s/%s' % (self.session, path), body)

    def close(self):
        try:
            self.call('DELETE', '/session/' + self.session)
        finally:
            self.driver.terminate()
            self.driver.wait(180)

    def open(self, url):
        self.do('POST', 'url', {'url': url})

    def run(self, script, *arguments):
        return self.do('POST', 'execute/sync', {'script': script, 'args': list(arguments)})

    def size(self, width, height):
        self.do('POST', 'goog/cdp/execute', {'cmd': 'Emulation.setDeviceMetricsOverride', 'params': {
            'width': width, 'height': height, 'deviceScaleFactor': 1, 'mobile': width < 600}})

    def prefer(self, scheme):
        self.do('POST', 'goog/cdp/execute', {'cmd': 'Emulation.setEmulatedMedia', 'params': {
            'features': [{'name': 'prefers-color-scheme', 'value': scheme}]}})

    def find(self, css):
        return self.do('POST', 'element', {'using': 'css selector', 'value': css})[ELEMENT]

    def type(self, css, text):
        element = self.find(css)
        self.do('POST', 'element/%s/clear' % element, {})
        self.do('POST', 'element/%s/value' % element, {'text': text})

    def click(self, css):
        self.run("document.querySelector(arguments[0]).scrollIntoView({block: 'center', behavior: 'instant'})", css)
        self.do('POST', 'element/%s/click' % self.find(css), {})

    def text(self, css):
        return self.run('const n = document.querySelector(arguments[0]); return n === null ? null : n.innerText', css)

    def texts(self, css):
        return self.run('return Array.from(document.querySelectorAll(arguments[0]), (n) => n.innerText)', css)

    def wait(self, what, condition, limit=180, told=lambda: ''):
        """Until the condition is true; told() says more if it never is."""
        end = time.monotonic() + limit
        while time.monotonic() < end:
            value = condition()
            if value:
                return value
            time.sleep(0.1)
        self.screenshot('failed.png')
        raise AssertionError('%s: not within %d s %s' % (what, limit, told()))

    def screenshot(self, name):
        path = os.path.join(os.environ.get('KDDNS_ARTEFACTS') or self.folder, name)
        with open(path, 'wb') as f:
            f.write(base64.b64decode(self.do('GET', 'screenshot')))
        return path

    def whole_page(self, name, width, least=900):
        """A screenshot of all of it, however long."""
        self.size(width, least)
        height = self.run('return document.documentElement.scrollHeight')
        self.size(width, min(max(height, least), 8000))
        time.sleep(0.3)  # it is laid out again
        path = self.screenshot(name)
        self.size(width, least)
        return path

    def complaints(self):
        """What stands on the console as an error or warning, since the last time."""
        return [e['message'] for e in self.do('POST', 'se/log', {'type': 'browser'}) if e['level'] in ('SEVERE', 'WARNING')]

    def urls(self):
        """Where requests went, since the start."""
        for entry in self.do('POST', 'se/log', {'type': 'performance'}):
            message = json.loads(entry['message'])['message']
            if message['method'] == 'Network.requestWillBeSent':
                self.requests.append(message['params']['request']['url'])
        return self.requests
