#!/bin/sh
# embed.sh FILE...: C source with the octets of the files, for assets.h.
set -eu

content_type() {
	case $1 in
	*.html) echo 'text/html; charset=utf-8' ;;
	*.css) echo 'text/css; charset=utf-8' ;;
	*.js) echo 'text/javascript; charset=utf-8' ;;
	*.svg) echo 'image/svg+xml' ;;
	*) echo "embed.sh: $1: what type is it?" >&2 && return 1 ;;
	esac
}

echo '/* Made by web/embed.sh. */'
echo '#include "web/assets.h"'
n=0
for file; do
	echo "static const unsigned char octets_$n[] = {"
	od -An -v -t u1 "$file" | sed 's/  *\([0-9]\)/\1/; s/  */,/g; s/$/,/'
	echo '};'
	n=$((n + 1))
done
echo 'const struct asset assets[] = {'
n=0
for file; do
	type=$(content_type "$file")
	# cksum is everywhere; with the length it tells versions of a file apart.
	etag=$(cksum <"$file" | tr -s ' ' '-' | sed 's/-$//')
	printf '\t{"%s", "%s", "\\"%s\\"", octets_%d, sizeof(octets_%d)},\n' \
		"$(basename "$file")" "$type" "$etag" $n $n
	n=$((n + 1))
done
printf '\t{NULL, NULL, NULL, NULL, 0},\n};\n'
