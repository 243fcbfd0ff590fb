# shellcheck shell=bash
# A throw-away OpenLDAP that looks enough like an Active Directory, FreeIPA and
# an MIT realm in LDAP.  Sourced by tests/flow/lib.sh and tests/unit/
# with_directory.sh.

# Prints the schema of what those have and core.schema has not.
directory_schema() {
	local n=0 name syntax=1.3.6.1.4.1.1466.115.121.1
	for name in userPrincipalName sAMAccountName krbPrincipalName dNSHostName \
		msDS-AdditionalDnsHostName fqdn idnsName nsAccountLock idnsZoneActive idnsAllowDynUpdate; do
		echo "attributetype ( 1.3.6.1.4.1.4203.666.77.1.$((++n)) NAME '$name'" \
			"EQUALITY caseIgnoreMatch SYNTAX $syntax.15 )"
	done
	for name in idnsUpdatePolicy ipaNTSecurityIdentifier; do
		echo "attributetype ( 1.3.6.1.4.1.4203.666.77.1.$((++n)) NAME '$name'" \
			"EQUALITY caseIgnoreIA5Match SYNTAX $syntax.26 SINGLE-VALUE )"
	done
	echo "objectclass ( 1.3.6.1.4.1.4203.666.77.2.1 NAME 'testAccount' SUP top STRUCTURAL" \
		"MUST cn MAY ( userPrincipalName \$ sAMAccountName \$ krbPrincipalName \$ dNSHostName \$" \
		"msDS-AdditionalDnsHostName \$ fqdn \$ nsAccountLock \$ ipaNTSecurityIdentifier ) )"
	echo "objectclass ( 1.3.6.1.4.1.4203.666.77.2.2 NAME 'idnsZone' SUP top STRUCTURAL" \
		"MUST idnsName MAY ( idnsUpdatePolicy \$ idnsZoneActive \$ idnsAllowDynUpdate ) )"
}

# Prints the entries that all others are below.
directory_data() { # SUFFIX, of two or more dc
	local dc=${1#dc=} ou
	cat <<-END
	dn: $1
	objectClass: dcObject
	objectClass: organization
	o: test
	dc: ${dc%%,*}

	END
	for ou in kddns hosts groups; do
		printf 'dn: ou=%s,%s\nobjectClass: organizationalUnit\nou: %s\n\n' $ou "$1" $ou
	done
}

# Prints grants, 100 an entry, and computers: Mn$ may change nn, and the
# directory holds mn for it.
directory_many() { # SUFFIX REALM ZONE GRANTS COMPUTERS
	awk -v suffix="$1" -v realm="$2" -v zone="$3" -v grants="$4" -v computers="$5" 'BEGIN {
		for (i = 0; i < grants; i++) {
			if (i % 100 == 0)
				printf "\ndn: cn=grants%d,ou=kddns,%s\nobjectClass: kddnsZonePolicy\ncn: grants%d\nkddnsZone: %s\n",
				    i / 100, suffix, i / 100, zone
			printf "kddnsGrant: grant M%d$@%s name n%d.%s. A AAAA\n", i, realm, i, zone
		}
		for (i = 0; i < computers; i++)
			printf "\ndn: cn=M%d,ou=hosts,%s\nobjectClass: testAccount\ncn: M%d\nsAMAccountName: M%d$\n" \
			    "userPrincipalName: M%d$@%s\ndNSHostName: m%d.%s\n", i, suffix, i, i, i, realm, i, zone
	}'
}
