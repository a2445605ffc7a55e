package openssl

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// Missing ends a test that has no OpenSSL: it is skipped with what to install,
// but where WANTWRITE_REQUIRE names openssl it fails. A CI that lost the library
// must not go green.
func Missing(t testing.TB, err error) {
	t.Helper()
	if slices.Contains(strings.Split(os.Getenv("WANTWRITE_REQUIRE"), ","), "openssl") {
		t.Fatal(err)
	}
	t.Skip(err)
}
