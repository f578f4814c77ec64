import Tree
