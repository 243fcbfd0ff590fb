/*
 * override.h - -o PATH=VALUE, which takes the place of a statement
 *
 * Copyright (c) 2026 The kddns authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The change is made in the syntax tree, so that an override is read, checked
 * and explained as if the file had it.
 *
 * Owns:    nothing.
 * Threads: one at a time.
 * Errors:  in the reading.
 */
#ifndef CONF_OVERRIDE_H
#define CONF_OVERRIDE_H

struct block;
struct reading;

/*
 * text is "BLOCK/STATEMENT=VALUE" or "BLOCK/NAME/STATEMENT=VALUE", with as many
 * blocks as there are ("zone/example.test/soa/mname=ns1.example.test"); VALUE
 * is what stands after the statement's name, without the ';'.
 */
void override_apply(struct reading *rd, struct block *top, const char *text);

/*
 * Moves the statements of options that BIND has there and we elsewhere
 * (tkey-gssapi-keytab) to their place.
 */
void override_move(struct reading *rd, struct block *top);

#endif
