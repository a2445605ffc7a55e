package gotls

import "github.com/wantwrite/wantwrite/model"

// DidResume says whether the finished handshake of an engine resumed a session.
func DidResume(e model.Engine) bool { return e.(*engine).conn.ConnectionState().DidResume }
