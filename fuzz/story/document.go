package story

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // what pages share
	"encoding/base64"
	"html/template"
)

var (
	// headHTML is how every page begins.
	//
	//go:embed page/head.html
	headHTML string
	// domJS makes elements for the pages' scripts.
	//
	//go:embed page/dom.js
	domJS string
)

// A Document is an HTML page that needs no other file. Its Content-Security-Policy lets
// nothing run but its own style and script, so whatever a run says stays text.
type Document struct {
	// HTML is a template (html/template). It begins with {{template "head"}} and places
	// {{css}} and {{js}} itself. CSS and JS are what stands there; the functions of
	// page/dom.js come before JS.
	HTML, CSS, JS string
	// Fetch lets the script ask the page's own server for data.
	Fetch bool
}

// Render fills the template.
func (d *Document) Render(view any) ([]byte, error) {
	js := domJS + d.JS
	t, err := template.New("page").Funcs(template.FuncMap{
		"css":    func() template.CSS { return template.CSS(d.CSS) },
		"js":     func() template.JS { return template.JS(js) },
		"policy": func() string { return d.policy(js) },
	}).Parse(headHTML + d.HTML)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = t.Execute(&b, view)
	return b.Bytes(), err
}

// policy is the page's Content-Security-Policy.
func (d *Document) policy(js string) string {
	policy := "default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'; script-src " +
		hashOf(js) + "; style-src " + hashOf(d.CSS)
	if d.Fetch {
		policy += "; connect-src 'self'"
	}
	return policy
}

// hashOf is how a Content-Security-Policy names a part of the page.
func hashOf(part string) string {
	sum := sha256.Sum256([]byte(part))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
