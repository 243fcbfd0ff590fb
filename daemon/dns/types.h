/*
 * types.h - numbers of the DNS, with the RFC that gave them
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Mnemonics of these are in dns/mnemonic.h.
 */
#ifndef DNS_TYPES_H
#define DNS_TYPES_H

#include <stdint.h>

/* RR types that the code names; any 16-bit number is a type. */
enum rr_type {
	TYPE_A = 1, /* RFC 1035 */
	TYPE_NS = 2,
	TYPE_MD = 3,
	TYPE_MF = 4,
	TYPE_CNAME = 5,
	TYPE_SOA = 6,
	TYPE_MB = 7,
	TYPE_MG = 8,
	TYPE_MR = 9,
	TYPE_NULL = 10,
	TYPE_WKS = 11,
	TYPE_PTR = 12,
	TYPE_HINFO = 13,
	TYPE_MINFO = 14,
	TYPE_MX = 15,
	TYPE_TXT = 16,
	TYPE_RP = 17, /* RFC 1183 */
	TYPE_AFSDB = 18,
	TYPE_RT = 21,
	TYPE_SIG = 24, /* RFC 2535 */
	TYPE_KEY = 25,
	TYPE_PX = 26,
	TYPE_AAAA = 28, /* RFC 3596 */
	TYPE_NXT = 30,
	TYPE_SRV = 33,   /* RFC 2782 */
	TYPE_NAPTR = 35, /* RFC 3403 */
	TYPE_KX = 36,
	TYPE_DNAME = 39, /* RFC 6672 */
	TYPE_OPT = 41,   /* RFC 6891 */
	TYPE_APL = 42,   /* RFC 3123 */
	TYPE_DS = 43,    /* RFC 4034 */
	TYPE_RRSIG = 46,
	TYPE_NSEC = 47,
	TYPE_DNSKEY = 48,
	TYPE_DHCID = 49, /* RFC 4701 */
	TYPE_NSEC3 = 50, /* RFC 5155 */
	TYPE_NSEC3PARAM = 51,
	TYPE_SPF = 99,   /* RFC 7208 */
	TYPE_LP = 107,   /* RFC 6742 */
	TYPE_TKEY = 249, /* RFC 2930 */
	TYPE_TSIG = 250, /* RFC 8945 */
	TYPE_IXFR = 251, /* RFC 1995 */
	TYPE_AXFR = 252, /* RFC 5936 */
	TYPE_MAILB = 253,
	TYPE_MAILA = 254,
	TYPE_ANY = 255,
	TYPE_CAA = 257,    /* RFC 8659 */
	TYPE_WINS = 65281, /* Microsoft's, private use */
	TYPE_WINSR = 65282,
};

enum rr_class {
	CLASS_IN = 1,
	CLASS_CH = 3,
	CLASS_NONE = 254, /* RFC 2136 */
	CLASS_ANY = 255,
};

enum opcode {
	OPCODE_QUERY = 0,
	OPCODE_NOTIFY = 4, /* RFC 1996 */
	OPCODE_UPDATE = 5, /* RFC 2136 */
};

/* The twelve bits of RFC 6891 section 6.1.3; above 15 only with OPT. */
enum rcode {
	RCODE_NOERROR = 0,
	RCODE_FORMERR = 1,
	RCODE_SERVFAIL = 2,
	RCODE_NXDOMAIN = 3,
	RCODE_NOTIMP = 4,
	RCODE_REFUSED = 5,
	RCODE_YXDOMAIN = 6,
	RCODE_YXRRSET = 7,
	RCODE_NXRRSET = 8,
	RCODE_NOTAUTH = 9,
	RCODE_NOTZONE = 10,
	RCODE_BADVERS = 16,
};

/* INFO-CODE of an Extended DNS Error (RFC 8914 section 4). */
enum ede_code {
	EDE_OTHER = 0,
	EDE_PROHIBITED = 18,
	EDE_NOT_AUTHORITATIVE = 20,
};

/* The error of TSIG (RFC 8945 section 3), TKEY (RFC 2930 section 2.6). */
enum tsig_error {
	TSIG_ERROR_NONE = 0,
	TSIG_ERROR_BADSIG = 16,
	TSIG_ERROR_BADKEY = 17,
	TSIG_ERROR_BADTIME = 18,
	TSIG_ERROR_BADMODE = 19,
	TSIG_ERROR_BADNAME = 20,
	TSIG_ERROR_BADALG = 21,
	TSIG_ERROR_BADTRUNC = 22,
};

/* Bits of the second 16 of the header (RFC 1035 section 4.1.1, RFC 4035). */
#define FLAG_QR 0x8000
#define FLAG_AA 0x0400
#define FLAG_TC 0x0200
#define FLAG_RD 0x0100
#define FLAG_RA 0x0080
#define FLAG_AD 0x0020
#define FLAG_CD 0x0010
#define FLAG_OPCODE_SHIFT 11
#define FLAG_RCODE_MASK 0x000f

#define MESSAGE_HEADER_LEN 12
#define MESSAGE_LEN_MAX 65535
#define UDP_PLAIN_LEN_MAX 512 /* without EDNS */

/* True for what cannot be stored: RFC 6895 section 3.1 (128-255), and OPT. */
static inline int
type_is_meta(uint16_t type)
{
	return type == TYPE_OPT || (type >= 128 && type <= 255);
}

/* RFC 1982 serial arithmetic: a comes after b. */
static inline int
serial_after(uint32_t a, uint32_t b)
{
	return a != b && a - b < 0x80000000u;
}

#endif
