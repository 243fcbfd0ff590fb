# shellcheck shell=bash
# lab_samba.sh: a Samba domain of a flow test's own; sourced instead of lib.sh.
#
# It goes on in namespaces (lab.sh), so Samba finds its ports and folders as on
# a machine of its own:
#
#   dc1  10.53.0.1   the domain controller                      here
#   ns1  10.53.0.2   kddnsd at port 53, as nobody               here
#   pc1  10.53.0.11  a member (add_member), behind a veth pair  member COMMAND...

# shellcheck source=tests/flow/lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/lab.sh"
need samba samba-tool samba_dnsupdate net winbindd smbd ip nsenter nsupdate dig kinit

dc_address=10.53.0.1
member_address=10.53.0.11
base=DC=ad,DC=example,DC=test
policy=CN=kddns,$base
member_address6=fd53::11
address=10.53.0.2
administrator=(-U 'Administrator%Passw0rd-1')
open_port_53

# /etc, /run and Samba's folders become private copies, the last two empty.
private_folders() { # EMPTY-FOLDER
	mount -t tmpfs lab "$1"
	cp -a /etc "$1"
	mount --bind "$1/etc" /etc
	umount "$1"
	local d
	for d in /run /var/cache/samba /var/lib/samba /var/log/samba; do
		mount -t tmpfs -o mode=755 lab "$d"
	done
	mkdir -p /run/samba /var/lib/samba/private
}

# Who we are, and where we ask; rm because some of it may be links.
host_files() { # NAME ADDRESS
	hostname "$1"
	rm -f /etc/resolv.conf /etc/krb5.keytab
	printf '127.0.0.1 localhost\n%s %s.%s %s\n' "$2" "$1" "$zone" "$1" >/etc/hosts
	printf 'search %s\nnameserver %s\n' "$zone" "$address" >/etc/resolv.conf
	printf 'passwd: files\ngroup: files\nhosts: files dns\n' >/etc/nsswitch.conf
	cat >/etc/krb5.conf <<-END
	[libdefaults]
	  default_realm = $realm
	  dns_lookup_kdc = false
	  dns_lookup_realm = false
	  dns_canonicalize_hostname = false
	  rdns = false
	[realms]
	  $realm = {
	    kdc = $dc_address
	  }
	[domain_realm]
	  .$zone = $realm
	  $zone = $realm
	END
}

quietly() { # COMMAND...: its output only if it fails
	"$@" >"$dir/command.out" 2>&1 || { cat "$dir/command.out" >&2; fail "$*"; }
}

# The domain, and its controller running; the server has no RR of it yet.
start_domain() {
	mkdir "$dir/stage"
	private_folders "$dir/stage"
	host_files dc1 $dc_address
	rm -f /etc/samba/smb.conf
	ip link set lo up
	ip link add lab type veth peer name eth0
	ip address add $dc_address/24 dev lab
	ip address add $address/24 dev lab
	ip link set lab up
	quietly samba-tool domain provision --use-rfc2307 --realm=$realm --domain=EXAMPLE \
		--server-role=dc --dns-backend=NONE --host-name=dc1 --host-ip=$dc_address \
		--adminpass="${administrator[1]#*%}" \
		--option="interfaces = 127.0.0.1/8 $dc_address/24" \
		--option='bind interfaces only = yes' \
		--option='server services = s3fs, rpc, ldap, cldap, kdc, winbindd' \
		--option='prefork children = 1'
	domain_sid=$(sed -n 's/.*DOMAIN SID: *//p' "$dir/command.out")
	# samba_dnsupdate reads this one.  By itself it looks for the KDC in the
	# DNS, where samba_dnsupdate has yet to enter it.
	cp /etc/krb5.conf /var/lib/samba/private/krb5.conf
	samba -F --no-process-group --debug-stdout >"$dir/samba.log" 2>&1 </dev/null &
	pids+=($!)
	local p
	for p in 88 389 445; do
		wait_for 120 listening $p || { tail -n 20 "$dir/samba.log"; fail "Samba does not listen on port $p"; }
	done
	export KRB5CCNAME=FILE:$dir/ccache
	unset KRB5_CONFIG KRB5_KTNAME
}

# What docs/active-directory.md tells an administrator to do.
dns_account() { # HOST ENCTYPES: its account, and the name that clients ask for
	quietly samba-tool user create "dns-$1" --random-password
	quietly samba-tool spn add "DNS/$1.$zone" "dns-$1"
	quietly samba-tool user setexpiry "dns-$1" --noexpiry
	account_enctypes "$1" "$2"
}
account_enctypes() { # HOST ENCTYPES: 24 for AES, 4 for RC4
	quietly net ads enctypes set "dns-$1" "$2" -S dc1.$zone "${administrator[@]}"
}
export_keytab() { # PRINCIPAL FILE: made anew, moved into place
	rm -f "$dir/new.keytab"
	quietly samba-tool domain exportkeytab "$dir/new.keytab" --principal="$1"
	chown nobody "$dir/new.keytab"
	mv "$dir/new.keytab" "$2"
}

can_login() { # PRINCIPAL...
	local p
	for p in "$@"; do
		quietly samba-tool domain exportkeytab "$dir/clients.keytab" --principal="$p"
	done
}

# ldif <<CHANGES: as the administrator does it on the controller; parts are
# separated by empty lines.
ldif() {
	cat >"$dir/changes.ldif"
	quietly python3 - "$dir/changes.ldif" <<-'END'
	import sys
	from samba.auth import system_session
	from samba.param import LoadParm
	from samba.samdb import SamDB
	lp = LoadParm()
	lp.load_default()
	lp.set("dsdb:schema update allowed", "yes")
	db = SamDB(url="/var/lib/samba/private/sam.ldb", session_info=system_session(), lp=lp)
	for part in open(sys.argv[1]).read().split("\n\n"):
	    lines = part.strip().split("\n")
	    if lines[-1] == "changetype: delete":
	        db.delete(lines[0].removeprefix("dn: "))
	    elif lines != [""]:
	        db.modify_ldif(part + "\n")
	END
}

# The directory takes rules, in $policy, and clients of its own; what ldifde
# does with the file.
load_schema() {
	# Without samba_spnupdate the controller has no such name.
	quietly samba-tool spn add "ldap/dc1.$zone" 'DC1$'
	sed -e '/^#/d' -e "s/DC=X/$base/" -e 's/ntdsSchemaAdd/add/' -e 's/ntdsSchemaModify/modify/' -e '/^-$/d' \
		"$srcdir/ldap/kddns-ad.ldf" | ldif
	ldif <<-END
	dn: $policy
	changetype: add
	objectClass: container
	END
}

# Its host name is this one now, by right or not.
host_name() { # COMPUTER NAME
	ldif <<-END
	dn: CN=$1,CN=Computers,$base
	changetype: modify
	replace: dNSHostName
	dNSHostName: $2
	END
}

# kddnsd with the two zones of a domain, and the policy of stdin for both; with
# ldap {} of $ldap, rules of the directory come after it.
start_nameserver() {
	local rules
	rules="${ldap:+policy-source { file; ldap; \}; }update-policy { $(cat) };"
	mkdir -p "$dir/state" "$dir/run"
	printf '%s\n' '$TTL 900' "@ SOA $ns. hostmaster.$zone. 1 3600 600 86400 300" "@ NS $ns." \
		"ns1 A $address" "_msdcs NS $ns." >"$dir/state/$zone.zone"
	head -n 3 "$dir/state/$zone.zone" >"$dir/state/_msdcs.$zone.zone"
	write_conf <<-END
	${ldap:+ldap { $ldap \};}
	zone "$zone" { $rules };
	zone "_msdcs.$zone" { $rules };
	END
	chown -R nobody "$dir/state" "$dir/run"
	start_kddnsd
}

# The domain controller enters itself: what it did is in dnsupdate.out.
register_dc() { # OPTION...
	samba_dnsupdate --verbose "$@" >"$dir/dnsupdate.out" 2>&1
}

# look EXPRESSION COMMAND...: python's view of r, what kddnsctl answers.
look() {
	local expression=$1
	shift
	ctl --json "$@" | python3 -c "import json, sys; r = json.load(sys.stdin)['result']; print($expression)"
}

# What our server knows of an account by its PAC, and if it is in a group.
pac_of() { # ACCOUNT RID-OF-GROUP
	look "*[(p['pac'], p['account']['name'], hex(p['account']['flags'] & 0x180), '$domain_sid-$2' in p['sids'])
		for p in r['principals'] if p['principal'] == '$1@$realm']" principals
}

# Algorithms and mechanisms of an account's contexts.
dialects_of() { # ACCOUNT
	look "*sorted({c['algorithm'] + ' ' + c['mechanism'] + ' ' + c['enctype']
		for c in r['contexts'] if c['principal'] == '$1@$realm'})" tsig-list
}

# pc1, a machine that could join.
add_member() {
	other_machine --mount --uts
	member_pid=$other_pid
	ip link set eth0 netns "$member_pid"
	export -f private_folders host_files
	export zone realm address dc_address
	member bash -ec "private_folders $dir/stage; host_files pc1 $member_address"
	member ip link set lo up
	member ip address add $member_address/24 dev eth0
	member ip address add $member_address6/64 dev eth0 nodad || member_address6= # this kernel has no IPv6
	member ip link set eth0 up
	cat >"$dir/member.conf" <<-END
	[global]
	  security = ads
	  realm = $realm
	  workgroup = EXAMPLE
	  netbios name = PC1
	  kerberos method = secrets and keytab
	END
	member cp "$dir/member.conf" /etc/samba/smb.conf
}
member() { # COMMAND...
	nsenter -t "$member_pid" --mount --net --uts -- "$@"
}
