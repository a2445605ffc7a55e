// Package engines knows the TLS libraries of this machine. The command line has them, and so
// have the tests of a pump.
package engines

import (
	"os"

	"github.com/wantwrite/wantwrite/engine/gotls"
	"github.com/wantwrite/wantwrite/engine/openssl"
	"github.com/wantwrite/wantwrite/engine/puppet"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/model"
)

// LibsslVariable is the environment variable that names a libssl to use in place of the
// system's, such as an older release.
const LibsslVariable = "WANTWRITE_LIBSSL"

// AddTo makes the libraries known to a catalog, which has the model already. None is loaded
// before somebody wants it.
func AddTo(c *run.Catalog) {
	c.AddEngine((*openssl.Library)(nil), func() (model.Library, error) {
		lib, err := openssl.Load(os.Getenv(LibsslVariable))
		if err != nil {
			return nil, err
		}
		return lib, nil
	})
	c.AddEngine(gotls.New(), func() (model.Library, error) { return gotls.New(), nil })
	c.AddEngine(puppet.New(), func() (model.Library, error) { return puppet.New(), nil })
}
