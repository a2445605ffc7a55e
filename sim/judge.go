package sim

import "github.com/wantwrite/wantwrite/model/oracle"

// judges says whether the app can do without an app of ours at the other end.
func (a *app) judges() bool { return a.judge != nil || a.e.peer().stranger == nil }

// hearProgram gives the speaker what a program said.
func (a *app) hearProgram(p []byte) {
	acct := a.e.acct
	a.hear(p)
	if acct.Wrong = a.judge.Wrong(); acct.Wrong != "" {
		acct.Mismatch = oracle.Garbled
		if a.judge.Missing() {
			acct.Mismatch = oracle.Gap
		}
		a.e.w.judge(a.e, oracle.AtData)
		return
	}
	if a.e.w.cfg.Reentrant || acct.Frames {
		a.offer()
	}
}

// review enters into the account what the speaker makes of the program's answers.
func (a *app) review() {
	acct := a.e.acct
	acct.Owed, acct.Wrong, acct.Ends = a.judge.Owed(), a.judge.Wrong(), a.judge.Ends()
	acct.Answers, acct.Partial = a.judge.Answers()
}
