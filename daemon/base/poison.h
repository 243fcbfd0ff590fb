/*
 * poison.h - memory that must not be touched, told to AddressSanitizer
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * For allocators of our own: without these a use after free inside their
 * blocks would go unseen.  Without the sanitizer they do nothing.
 *
 * Threads: any.
 */
#ifndef BASE_POISON_H
#define BASE_POISON_H

#include <stddef.h>

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define POISON_WORKS 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define POISON_WORKS 1
#endif

#ifdef POISON_WORKS
#include <sanitizer/asan_interface.h>

static inline void
poison(const void *octets, size_t len)
{
	__asan_poison_memory_region(octets, len);
}

static inline void
unpoison(const void *octets, size_t len)
{
	__asan_unpoison_memory_region(octets, len);
}

#else

static inline void
poison(const void *octets, size_t len)
{
	(void)octets;
	(void)len;
}

static inline void
unpoison(const void *octets, size_t len)
{
	(void)octets;
	(void)len;
}

#endif

#endif
