package corpus

// Embedded are the files that are part of the program.
var Embedded = files

// All lists their scripts, with those of real programs.
var All = all
