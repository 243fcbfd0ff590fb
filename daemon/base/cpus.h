/*
 * cpus.h - how many CPUs this process may use
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Threads: any.
 */
#ifndef BASE_CPUS_H
#define BASE_CPUS_H

/* Those that the scheduler lets us run on (taskset, cpusets); at least 1. */
unsigned cpus_usable(void);

#endif
