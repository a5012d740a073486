"""Credit (信用): records with a legal basis, and lists with due process."""
