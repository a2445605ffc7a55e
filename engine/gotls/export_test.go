package gotls

import "github.com/wantwrite/wantwrite/model"

// DidResume says whether an engine's handshake, which is done, resumed a session.
func DidResume(e model.Engine) bool { return e.(*engine).conn.ConnectionState().DidResume }
