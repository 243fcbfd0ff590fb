"""large_tickets.py: a ticket as large as AD's are for members of many groups.

A KDC copies the authorization data of a request into the ticket; of MIT's
programs none sends any, so libkrb5 is called here.
"""

import ctypes

from windows_client import der

AD_IF_RELEVANT, AD_UNKNOWN = 1, 200

Pointer = ctypes.c_void_p


class Data(ctypes.Structure):
    _fields_ = [("magic", ctypes.c_int32), ("length", ctypes.c_uint), ("data", Pointer)]


class Authdata(ctypes.Structure):
    _fields_ = [("magic", ctypes.c_int32), ("ad_type", ctypes.c_int32),
                ("length", ctypes.c_uint), ("contents", ctypes.c_char_p)]


class Creds(ctypes.Structure):
    _fields_ = [("magic", ctypes.c_int32), ("client", Pointer), ("server", Pointer),
                ("key_magic", ctypes.c_int32), ("key_enctype", ctypes.c_int32),
                ("key_length", ctypes.c_uint), ("key_contents", Pointer),
                ("times", ctypes.c_int32 * 4), ("is_skey", ctypes.c_uint), ("flags", ctypes.c_int32),
                ("addresses", Pointer), ("ticket", Data), ("second_ticket", Data),
                ("authdata", ctypes.POINTER(ctypes.POINTER(Authdata)))]


krb5 = ctypes.CDLL("libkrb5.so.3")


def call(name, *args):
    """A function of libkrb5 that returns an error code."""
    code = getattr(krb5, name)(*args)
    if code:
        raise OSError(f"{name}: error {code}")


def integer(value):
    return der(2, value.to_bytes(2, "big"))


def get_large_ticket(service, size):
    """Puts a ticket for the service, larger by size octets, into our ccache."""
    context, ccache, out = Pointer(), Pointer(), ctypes.POINTER(Creds)()
    creds = Creds()
    element = der(0x30, der(0xA0, integer(AD_UNKNOWN)), der(0xA1, der(4, bytes(size))))
    contents = der(0x30, element)
    authdata = Authdata(0, AD_IF_RELEVANT, len(contents), contents)
    creds.authdata = (ctypes.POINTER(Authdata) * 2)(ctypes.pointer(authdata), None)
    server, client = Pointer(), Pointer()
    call("krb5_init_context", ctypes.byref(context))
    call("krb5_cc_default", context, ctypes.byref(ccache))
    call("krb5_cc_get_principal", context, ccache, ctypes.byref(client))
    call("krb5_parse_name", context, service.encode(), ctypes.byref(server))
    creds.client, creds.server = client, server
    call("krb5_get_credentials", context, 0, ccache, ctypes.byref(creds), ctypes.byref(out))
    # GSS-API looks for a ticket with which none was asked for.
    out.contents.authdata = None
    call("krb5_cc_store_cred", context, ccache, out)
    length = out.contents.ticket.length
    krb5.krb5_free_creds(context, out)
    krb5.krb5_free_principal(context, client)
    krb5.krb5_free_principal(context, server)
    krb5.krb5_cc_close(context, ccache)
    krb5.krb5_free_context(context)
    return length
