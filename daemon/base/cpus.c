/*
 * cpus.c - how many CPUs this process may use
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <sched.h>
#include <unistd.h>

#include "daemon/base/cpus.h"

unsigned
cpus_usable(void)
{
	cpu_set_t set;
	long n;

	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		return (unsigned)CPU_COUNT(&set);
	n = sysconf(_SC_NPROCESSORS_ONLN); /* more CPUs than a set holds */
	return n < 1 ? 1 : (unsigned)n;
}
