/*
 * enctype.h - names and strength of enctypes
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Owns:    nothing.
 * Threads: any.
 * Errors:  none.
 */
#ifndef KTUTILS_ENCTYPE_H
#define KTUTILS_ENCTYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ENCTYPE_DES3 16
#define ENCTYPE_AES128 17 /* from here to 20 they are AES */
#define ENCTYPE_AES256_SHA2 20
#define ENCTYPE_RC4 23
#define ENCTYPE_RC4_EXPORT 24

/* RC4, DES and DES3: kddns refuses sessions of them unless told otherwise. */
bool enctype_is_weak(int32_t enctype);

/* "aes256-cts-hmac-sha1-96"; "enctype 99" if libkrb5 does not know it. */
void enctype_name(int32_t enctype, char *name, size_t size);

#endif
