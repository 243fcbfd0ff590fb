"""The stories of wildcard_sockets_answer_from_the_asked_address."""

from client import *

key = SharedKey()


def question(name="@", rdtype="SOA"):
    return dns.message.make_query(dns.name.from_text(name, ZONE), rdtype)


def one_socket(addresses):
    """All asked in turn from one unconnected socket, answers in any order."""
    family = socket.AF_INET6 if ":" in addresses[0] else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as s:
        s.settimeout(PATIENCE)
        asked = {}
        for _ in range(20):
            for address in addresses:
                query = question()
                query.id = len(asked)  # random ones might be alike
                asked[query.id] = address
                s.sendto(query.to_wire(), (address, PORT))
        for _ in range(len(asked)):
            octets, source = s.recvfrom(65535)
            answer = dns.message.from_wire(octets)
            expect("the answer's source", (asked.pop(answer.id), PORT), source[:2])
            expect("it answers", 1, len(answer.answer))


def update_at(address):
    """A parked request must come back the same way."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as s:
        s.settimeout(PATIENCE)
        update = Signed(key, add("asked", "TXT", address))
        s.sendto(update.octets, (address, PORT))
        octets, source = s.recvfrom(65535)
        expect("the update's answer's source", (address, PORT), source[:2])
        expect("update", NOERROR, update.check(octets))
    with socket.create_connection((address, PORT), timeout=PATIENCE) as s:
        s.sendall(framed(question("asked", "TXT").to_wire()))
        answer = dns.message.from_wire(receive_message(s))
        expect("TXT over TCP", True, f'"{address}"' in answer.answer[0].to_text())


def tell_addresses(*addresses):
    one_socket([a for a in addresses if ":" not in a])
    for address in addresses:
        one_socket([address])
        update_at(address)


def messages(n):
    """Queries and updates in turn, by ID."""
    made = {}
    while len(made) < n:
        update = Signed(key, add(f"h{len(made)}", "A", "192.0.2.1"))
        query = question(f"h{len(made)}", "A")
        made[update.update.id] = update.octets
        made[query.id] = query.to_wire()
    return made


def answers_of(s, asked):
    waiting = set(asked)
    while waiting:
        octets = receive_message(s)
        if octets is None:
            sys.exit(f"{len(waiting)} of {len(asked)} answers do not come")
        answer = unverified(octets)
        expect("an update's or query's RCODE", True, answer.rcode() in (NOERROR, dns.rcode.NXDOMAIN))
        waiting.remove(answer.id)


def pipelining():
    """More than may be in hand at one time, in one piece; and again."""
    with connect() as s:
        for n in 400, 10:
            asked = messages(n)
            s.sendall(b"".join(map(framed, asked.values())))
            answers_of(s, asked)


def half_closed():
    for n in 2, 300:
        with connect() as s:
            asked = messages(n)
            s.sendall(b"".join(map(framed, asked.values())))
            s.shutdown(socket.SHUT_WR)
            answers_of(s, asked)
            expect("the end after the last answer", b"", s.recv(1))


def is_served(s):
    try:
        s.sendall(framed(question().to_wire()))
        return receive_message(s) is not None
    except ConnectionError:
        return False


def too_many():
    connections = [connect() for _ in range(8)]
    expect("all that may be are served", [True] * 8, [is_served(s) for s in connections])
    with connect() as ninth:
        expect("one more is closed", False, is_served(ninth))
    with connect(("127.0.0.9", 0)) as other:
        expect("another address is served", True, is_served(other))
    expect("those before are still served", [True] * 8, [is_served(s) for s in connections])
    connections.pop().close()

    def gets_in():
        s = connect()
        connections.append(s)
        return is_served(s)

    wait_for("a place is free again", gets_in)
    for s in connections:
        s.close()


def tell_connections():
    pipelining()
    half_closed()
    wait_for("the places of those before are free", lambda: not open_connections())
    too_many()


def open_connections():
    """Connections that the daemon holds."""
    with os.popen(f"ss -Hnt state established state close-wait 'sport = :{PORT}'") as sockets:
        return sockets.read()


class Talker:
    """A connection that is never silent, but where this machine stops us for a while."""

    def __init__(self):
        self.socket, self.last = connect(), time.monotonic()

    def talk(self):
        began = self.last
        served, self.last = is_served(self.socket), time.monotonic()
        if not served:
            expect("the one that talks goes on", True, self.last - began > 0.5)
            self.socket = connect()


def tell_idle():
    """Silence is the end, half a message too; talk is not."""
    silent, half = connect(), connect()
    talker = Talker()
    half.sendall(framed(question().to_wire())[:7])
    expect("silent one was served", True, is_served(silent))
    start = time.monotonic()
    for s in silent, half:
        s.setblocking(False)
    waiting = {silent, half}

    def have_ended():
        talker.talk()
        for s in list(waiting):
            try:
                expect("nothing but the end", b"", s.recv(1))
                waiting.remove(s)
            except BlockingIOError:
                pass
        return not waiting

    wait_for("silent connections are closed", have_ended)
    expect("not at once", True, time.monotonic() - start > 0.8)
    talker.talk()


{"addresses": tell_addresses, "connections": tell_connections, "idle": tell_idle}[sys.argv[1]](*sys.argv[2:])
