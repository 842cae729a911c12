#!/bin/bash
# Makes a root of its own in fresh namespaces, in which only the lab can be written, and runs the runner there.
# Usage: unshare … enter.sh LAB NODE RUNNER
set -eu
lab=$1 node=$2 runner=$3
mount -t tmpfs tmpfs "$lab/root"
cd "$lab/root"
mkdir -p dev proc tmp lab node
for part in bin sbin lib lib32 lib64 libx32 usr; do
	if [ -L "/$part" ]; then
		ln -s "$(readlink "/$part")" "$part"
	elif [ -d "/$part" ]; then
		mkdir "$part"
		mount --rbind "/$part" "$part"
		mount -o remount,bind,ro "$part"
	fi
done
for device in null zero; do
	: >"dev/$device"
	mount --bind "/dev/$device" "dev/$device"
done
ln -s /proc/self/fd dev/fd
ln -s /proc/self/fd/0 dev/stdin
ln -s /proc/self/fd/1 dev/stdout
ln -s /proc/self/fd/2 dev/stderr
mount -t proc proc proc
: >node/node
: >node/runner.mjs
mount --bind "$node" node/node
mount --bind "$runner" node/runner.mjs
mkdir lab/kit
cp -a "$lab/kit/." lab/kit/
# Real programs of the same names are out of reach, by path and by `command -p`.
for stub in lab/kit/0/bin/*; do
	name=${stub##*/}
	for real in "usr/bin/$name" "usr/local/bin/$name" "bin/$name"; do
		if [ -f "$real" ]; then mount --bind /dev/null "$real"; fi
	done
done
exec /usr/sbin/chroot . /node/node /node/runner.mjs /lab
