"""What the team writes and keeps: articles, topics, pictures, translations, the public site, training scenarios and gaps. How it is found is told in search/."""
