"""A helper of external rules: python3 update_helper.py SOCKET RECORD.

Says whether an update may be made by the first label of its name, and writes
each question, in hexadecimal, into the file RECORD before it answers.
"""

import os
import socket
import struct
import sys

PATH, RECORD = sys.argv[1:]


def receive_exactly(sock, n):
    octets = b""
    while len(octets) < n:
        more = sock.recv(n - len(octets))
        if not more:
            sys.exit(f"a question ends after {octets!r}")
        octets += more
    return octets


def answer_to(question):
    name = question[8:].split(b"\0")[1]
    if name.startswith(b"no-"):
        return struct.pack(">I", 0)
    if name.startswith(b"odd-"):
        return struct.pack(">I", 0x01000000)
    if name.startswith(b"short-"):
        return b"\0\0\0"
    if name.startswith(b"mute-"):
        return b""
    if name.startswith(b"chatty-"):
        return struct.pack(">II", 1, 0)
    return struct.pack(">I", 1)


with socket.socket(socket.AF_UNIX) as listener, open(RECORD, "a", encoding="ascii") as record:
    if os.path.exists(PATH):
        os.unlink(PATH)
    listener.bind(PATH)
    listener.listen(8)
    while True:
        client, _ = listener.accept()
        with client:
            head = receive_exactly(client, 8)
            version, length = struct.unpack(">II", head)
            if version != 1:
                sys.exit(f"a question of version {version}")
            question = head + receive_exactly(client, length - 8)
            record.write(question.hex() + "\n")
            record.flush()
            try:
                client.sendall(answer_to(question))
            except BrokenPipeError:
                pass  # nobody waits for it any more
