module github.com/wantwrite/wantwrite

go 1.26
