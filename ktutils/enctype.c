/*
 * enctype.c - names and strength of enctypes
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <krb5.h>
#include <stdio.h>

#include "ktutils/enctype.h"

bool
enctype_is_weak(int32_t enctype)
{
	return enctype < ENCTYPE_AES128 || enctype == ENCTYPE_RC4 ||
	    enctype == ENCTYPE_RC4_EXPORT;
}

void
enctype_name(int32_t enctype, char *name, size_t size)
{
	if (krb5_enctype_to_name(enctype, 0, name, size) != 0)
		(void)snprintf(name, size, "enctype %d", (int)enctype);
}
