# SPDX-License-Identifier: Apache-2.0
# Shared by the scripts of this folder: `. "$(dirname "$0")/lib.sh"`.

# Where prepared interpreters are kept between runs.
hog_cache()
{
	if [ -n "${HOGNOSE_CACHE:-}" ]; then
		echo "$HOGNOSE_CACHE"
	elif [ "$(id -u)" = 0 ]; then
		echo /var/cache/hognose
	else
		echo "${XDG_CACHE_HOME:-$HOME/.cache}/hognose"
	fi
}

# The Debian mirror this machine uses already: no host name is ours to choose.
# Prints nothing where there is none.
hog_mirror()
{
	for f in /etc/apt/sources.list.d/*.sources; do
		[ -r "$f" ] && sed -n 's/^URIs: *//p' "$f" | tr ' ' '\n'
	done | sed 's,/*$,,' | grep '/debian$' | head -n 1 | grep . && return
	cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null |
		sed -n 's/^deb  *\(\[[^]]*\] *\)\{0,1\}\([^ ]*\) .*/\2/p' |
		sed 's,/*$,,' | grep '/debian$' | head -n 1
}

# A private apt that knows the sid archive of that mirror and leaves the
# machine's own lists alone.  $1: its folder.  Then: apt-get -c "$1/apt.conf".
hog_sid_apt()
{
	mirror=$(hog_mirror)
	[ -n "$mirror" ] || { echo "no Debian mirror in apt's sources"; return 1; }
	keys=/usr/share/keyrings/debian-archive-keyring.gpg
	mkdir -p "$1/lists/partial" "$1/archives/partial" "$1/parts" || return 1
	{
		echo "deb [signed-by=$keys] $mirror sid main"
		echo "deb-src [signed-by=$keys] $mirror sid main"
	} >"$1/sources.list"
	cat >"$1/apt.conf" <<-CONF
	Dir::Etc::sourcelist "$1/sources.list";
	Dir::Etc::sourceparts "$1/parts";
	Dir::State::lists "$1/lists";
	Dir::Cache "$1";
	Dir::Cache::archives "$1/archives";
	Acquire::Check-Valid-Until "false";
	APT::Sandbox::User "root";
	CONF
	apt-get -q -c "$1/apt.conf" update
}

hog_skip()
{
	echo "skipped: $*"
	exit 77
}
