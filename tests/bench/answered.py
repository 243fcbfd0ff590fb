#!/usr/bin/env python3
"""answered.py ZONE: for each port on a line of stdin, when a server there first answers.

The answer is the time of day in seconds with six digits, or an empty line when there was none in
PATIENCE_S.  An answer is one to the zone's SOA, over UDP, with NOERROR.
"""

import socket
import struct
import sys
import time

PATIENCE_S = 120
AGAIN_S = 0.001


def question(zone):
    name = b"".join(bytes([len(l)]) + l.encode() for l in zone.split("."))
    return struct.pack("!6H", 0x4b44, 0, 1, 0, 0, 0) + name + struct.pack("!BHH", 0, 6, 1)


def is_answered(s, message):
    try:
        s.send(message)
        answer = s.recv(4096)
    except ConnectionRefusedError:
        time.sleep(AGAIN_S)
        return False
    except TimeoutError:
        return False
    return answer[:2] == message[:2] and answer[2] & 0x80 != 0 and answer[3] & 0x0f == 0


def first_answer(port, message):
    end = time.monotonic() + PATIENCE_S
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.connect(("127.0.0.1", port))
        s.settimeout(AGAIN_S)
        while time.monotonic() < end:
            if is_answered(s, message):
                return "%.6f" % time.time()
    return ""


for line in sys.stdin:
    print(first_answer(int(line), question(sys.argv[1])), flush=True)
